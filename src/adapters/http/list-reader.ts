const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
const CLOSE_LIST = 0x5d;
const CLOSE_OBJECT = 0x7d;

/** Finds the objects of a list in a text of JSON that comes in pieces. */
export interface ListReader {
  /** Throws a SyntaxError where the list goes on with something else than objects. */
  push(piece: string): void;
  /** What was not given away: the text with an empty list, or all of it where there is no such list of objects. Throws a SyntaxError where the list has no end. */
  end(): { readonly rest: string; readonly isList: boolean };
}

/**
 * Gives the objects of the first list that is written `"key":[` away one by one, as text, while the answer still comes: neither the whole text nor the whole
 * tree, which takes ten times its room, is ever there. Linear in the text, as long as pieces are no smaller than items. A label cannot hold the key: quotes inside strings are escaped.
 */
export function createListReader(key: string, take: (item: string) => void): ListReader {
  const mark = `"${key}":[`;
  let state: 'before' | 'inside' | 'behind' | 'no list' = 'before';
  let before = '';
  let behind = '';
  /** Of the list, from the beginning of the item that is not complete yet. */
  let pending = '';
  let at = 0;
  let depth = 0;
  let isInString = false;
  let items = 0;

  function look(piece: string): void {
    const from = Math.max(0, before.length - mark.length);
    before += piece;
    const found = before.indexOf(mark, from);
    if (found < 0) return;
    pending = before.slice(found + mark.length);
    before = before.slice(0, found + mark.length);
    state = 'inside';
    scan();
  }

  function scan(): void {
    let start = 0;
    for (; at < pending.length; at++) {
      if (isInString) {
        at = endOfString(pending, at);
        if (at < 0) break;
        isInString = false;
        continue;
      }
      const code = pending.charCodeAt(at);
      // Between the objects there is nothing but commas and room: anything else would be lost.
      if (depth === 0 && code > COMMA && code !== OPEN_OBJECT && code !== CLOSE_LIST) return refuse();
      if (code === QUOTE) {
        if (depth === 0) return refuse();
        isInString = true;
      } else if (code === OPEN_OBJECT || code === OPEN_LIST) {
        if (depth++ === 0) start = at;
      } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) {
        if (depth === 0) {
          behind = pending.slice(at);
          pending = '';
          state = 'behind';
          return;
        }
        if (--depth > 0) continue;
        items++;
        take(pending.slice(start, at + 1));
        start = at + 1;
      }
    }
    // What is left of it is copied by the next piece, so that it holds on to nothing.
    pending = pending.slice(start);
    at = pending.length;
  }

  function refuse(): void {
    if (items > 0) throw new SyntaxError('a list with something else than objects in it');
    before += pending;
    pending = '';
    state = 'no list';
  }

  return {
    push(piece) {
      if (state === 'before') look(piece);
      else if (state === 'inside') {
        pending += piece;
        scan();
      } else if (state === 'behind') behind += piece;
      else before += piece;
    },
    end() {
      if (state === 'inside' && items > 0) throw new SyntaxError('a list without an end');
      return { rest: before + pending + behind, isList: state === 'behind' };
    },
  };
}

/** The next closing quote; -1 where there is none. What is before `from` belongs to the string, so that escapes are seen over the edge of a piece. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) === BACKSLASH) before--;
    if ((at - before) % 2 === 1) return at;
  }
  return -1;
}
