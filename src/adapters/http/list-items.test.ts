import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listItems } from './list-items.ts';

describe('listItems', () => {
  it('finds every object again, and leaves the rest as it was, whatever the strings hold', () => {
    const text = fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', '[', ']', ',', 'a', '"result":[') });
    const item = fc.record({ metric: fc.dictionary(text, text), value: fc.tuple(fc.double(), text) });

    fc.assert(
      fc.property(fc.array(item), text, (result, warning) => {
        const body = { status: 'success', data: { resultType: 'vector', result }, warnings: [warning] };
        const written = JSON.stringify(body);

        const found = listItems(written, 'result');

        const places = found?.places ?? [];
        const items = Array.from({ length: places.length / 2 }, (_, index): unknown =>
          JSON.parse(written.slice(places[2 * index], places[2 * index + 1])),
        );
        expect(items).toEqual(JSON.parse(JSON.stringify(result)));
        expect(JSON.parse(found?.rest ?? '')).toEqual({ ...body, data: { resultType: 'vector', result: [] } });
      }),
    );
  });

  it.each([
    '',
    '{}',
    '{"result":[1]}',
    '{"result":[{},"a"]}',
    '{"result":[{"a":"b}]}',
    '{"result":[[1,"2"]]}',
    '{"result": [{}]}',
    '{"result":[{"a":1}',
  ])('leaves to others what is no such list: %s', (text) => {
    expect(listItems(text, 'result')).toBeNull();
  });
});
