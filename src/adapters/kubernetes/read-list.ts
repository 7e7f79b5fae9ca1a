const ITEMS = '"items":[';
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const END = 0x5d;

/**
 * Reads the JSON text of a list item by item, so that each dies as soon as something smaller is kept of it: parsed as a whole, a page outlives
 * a collection of the young generation and fills the old one. Returns the list without its items. Throws a SyntaxError.
 */
export function readList(text: string, take: (item: unknown) => void): unknown {
  // Inside of a string its quotes would be escaped, and no list has a field of this name before its own.
  const found = text.indexOf(ITEMS);
  if (found < 0) return JSON.parse(text);
  const begin = found + ITEMS.length;
  const end = readItems(text, begin, take);
  return JSON.parse(text.slice(0, begin) + text.slice(end));
}

/** Returns where the array of items ends; of a text that is cut short, its length. */
function readItems(text: string, begin: number, take: (item: unknown) => void): number {
  let depth = 0;
  let start = begin;
  let isInString = false;
  for (let at = begin; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isInString = false;
    } else if (code === QUOTE) {
      if (depth === 0) throw new SyntaxError('a list with something else than objects in it');
      isInString = true;
    } else if (code === OPEN) {
      if (depth === 0) start = at;
      depth += 1;
    } else if (code === CLOSE) {
      depth -= 1;
      if (depth === 0) take(JSON.parse(text.slice(start, at + 1)));
    } else if (code === END && depth === 0) return at;
  }
  return text.length;
}
