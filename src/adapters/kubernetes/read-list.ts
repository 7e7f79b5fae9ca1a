import { listItems } from '../http/list-items.ts';

/**
 * Reads the JSON text of a list item by item, so that each dies as soon as something smaller is kept of it: parsed as a whole, a page outlives
 * a collection of the young generation and fills the old one. Returns the list without its items. Throws a SyntaxError.
 */
export function readList(text: string, take: (item: unknown) => void): unknown {
  const found = listItems(text, 'items');
  if (found === null) {
    const whole: unknown = JSON.parse(text);
    if (text.includes('"items":[')) throw new SyntaxError('a list with something else than objects in it');
    return whole;
  }
  const { places, rest } = found;
  for (let at = 0; at < places.length; at += 2) take(JSON.parse(text.slice(places[at], places[at + 1])));
  return JSON.parse(rest);
}
