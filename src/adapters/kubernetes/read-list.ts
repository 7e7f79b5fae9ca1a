import { createListReader } from '../http/list-reader.ts';

/**
 * Reads the JSON text of a list item by item, so that each dies as soon as something smaller is kept of it: parsed as a whole, a page outlives
 * a collection of the young generation and fills the old one. Returns the list without its items. Throws a SyntaxError.
 */
export function readList(text: string, take: (item: unknown) => void): unknown {
  const reader = createListReader('items', (item) => take(JSON.parse(item)));
  reader.push(text);
  const { rest, isList } = reader.end();
  const list: unknown = JSON.parse(rest);
  if (!isList && text.includes('"items":[')) throw new SyntaxError('a list with something else than objects in it');
  return list;
}
