import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createListReader } from './list-reader.ts';

function read(pieces: readonly string[]) {
  const items: unknown[] = [];
  const reader = createListReader('result', (text) => items.push(JSON.parse(text)));
  for (const piece of pieces) reader.push(piece);
  return { ...reader.end(), items };
}

describe('createListReader', () => {
  it('finds every object again, and leaves the rest as it was, whatever the strings hold and wherever pieces end', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', 'a', '"result":[') });
    const item = fc.record({ metric: fc.dictionary(text, text), value: fc.tuple(fc.double(), text) });
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 20 });

    fc.assert(
      fc.property(fc.array(item), text, cuts, (result, warning, ends) => {
        const body = { status: 'success', data: { resultType: 'vector', result }, warnings: [warning] };
        const written = JSON.stringify(body);
        const edges = [0, ...ends.map((end) => Math.min(end, written.length)).toSorted((a, b) => a - b)];
        const pieces = edges.map((from, index) => written.slice(from, edges[index + 1]));

        const { items, rest, isList } = read(pieces);

        expect(isList).toBe(true);
        expect(items).toEqual(JSON.parse(JSON.stringify(result)));
        expect(JSON.parse(rest)).toEqual({ ...body, data: { resultType: 'vector', result: [] } });
      }),
    );
  });

  it.each([
    '',
    '{}',
    '{"result":[1]}',
    '{"result":["a",{}]}',
    '{"result": [{}]}',
    '{"result":[',
    '{"result":[{"a":"b}]}',
  ])('leaves to others, whole, what is no such list: %s', (text) => {
    for (const pieces of [[text], text.split('')])
      expect(read(pieces)).toEqual({ rest: text, isList: false, items: [] });
  });

  it.each(['{"result":[{},"a"]}', '{"result":[{}1]}', '{"result":[{"a":1}', '{"result":[{"a":1},{"b":'])(
    'refuses what began as such a list: %s',
    (text) => {
      for (const pieces of [[text], text.split('')]) expect(() => read(pieces)).toThrow(SyntaxError);
    },
  );
});
