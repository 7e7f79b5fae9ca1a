import { describe, expect, it } from 'vitest';
import { readList } from './read-list.ts';

function read(text: string): { list: unknown; items: unknown[] } {
  const items: unknown[] = [];
  return { list: readList(text, (item) => items.push(item)), items };
}

const METADATA = { resourceVersion: '7', continue: 'token' };

describe('readList', () => {
  it.each<[string, unknown[]]>([
    ['no item', []],
    ['items', [{ a: 1 }, { b: { c: [1, { d: 2 }] } }]],
    ['brackets, quotes and backslashes in texts', [{ a: '}]"{[\\' }, { b: '\\"items\\":[' }, { '"items":[': '\\\\' }]],
    ['text of other scripts', [{ a: 'ü€😀\u2028' }]],
    ['items in items', [{ items: [{ items: [] }] }]],
  ])('%s', (_, items) => {
    const text = JSON.stringify({ kind: 'PodList', metadata: METADATA, items });

    expect(read(text)).toEqual({ list: { kind: 'PodList', metadata: METADATA, items: [] }, items });
  });

  it('takes fields after the items', () => {
    expect(read('{"items":[{"a":1}],"metadata":{"continue":""}}')).toEqual({
      list: { items: [], metadata: { continue: '' } },
      items: [{ a: 1 }],
    });
  });

  it('leaves a list that is written otherwise to the caller', () => {
    expect(read('{"items" : [{"a":1}]}')).toEqual({ list: { items: [{ a: 1 }] }, items: [] });
    expect(read('{"items":null}')).toEqual({ list: { items: null }, items: [] });
  });

  it.each(['{"items":[{"a":1}', '{"items":[{"a":1}]', '{"items":[{"a":}]}', '{"items":["a":1]}', 'null}', ''])(
    'throws: %s',
    (text) => {
      expect(() => read(text)).toThrow(SyntaxError);
    },
  );
});
