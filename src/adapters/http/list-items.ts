const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Where the objects of a list lie in a text of JSON. */
export interface ListItems {
  /** Begin and end of each, one after the other. */
  readonly places: readonly number[];
  /** The text with the list left empty. */
  readonly rest: string;
}

/**
 * Finds the objects of the first list that is written `"key":[`, so that each can be parsed alone and let go again: a whole answer as a tree takes ten times the room of
 * its text. Null where there is no such list of objects; whoever asks then parses the whole. Linear in the text. A label cannot hold the key: quotes inside strings are escaped.
 */
export function listItems(text: string, key: string): ListItems | null {
  const mark = `"${key}":[`;
  const found = text.indexOf(mark);
  if (found < 0) return null;
  const start = found + mark.length;
  const places: number[] = [];
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    // Between the objects there is nothing but commas and room: anything else would be lost.
    if (depth === 0 && code > COMMA && code !== OPEN_OBJECT && code !== CLOSE_LIST) return null;
    if (code === QUOTE) {
      if (depth === 0) return null;
      at = endOfString(text, at);
      if (at < 0) return null;
    } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (depth++ === 0) places.push(at);
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
      if (depth === 0) return { places, rest: text.slice(0, start) + text.slice(at) };
      if (--depth === 0) places.push(at + 1);
    }
  }
  return null;
}

/** From the opening quote to the closing one; -1 where there is none. */
function endOfString(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return -1;
}
