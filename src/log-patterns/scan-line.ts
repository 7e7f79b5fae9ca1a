import { endOfDate } from './calendar.ts';
import {
  AT,
  BLANK,
  CLASSES,
  CODE,
  classAt,
  DIGIT,
  DOT,
  HEX_LETTER,
  LETTERS,
  REDACTED,
  SEPARATOR,
  SLASH,
} from './characters.ts';
import { MIXED, maskOf, WORD } from './mask.ts';
import { TYPE_BIT } from './parameter-type.ts';
import { isBound, quantityAt } from './quantity.ts';
import { endOfColonHex, endOfNumber, endOfPlaceholder, endOfPort, endOfUrl } from './word-ends.ts';

/** Further bytes and tokens of a line are not looked at: its tail is one more parameter. */
export const LONGEST_SCANNED = 8_192;
export const MOST_TOKENS = 256;

/** Cuts lines into tokens, one line at a time; what it tells is about the last one. No text is made before it is asked for. */
export interface LineScanner {
  scan(line: string): void;
  count(): number;
  /** Two halves of the hash of the masked line: lines with the same one have the same tokens. */
  hashLow(): number;
  hashHigh(): number;
  /** Hash of the types of the parameters. */
  types(): number;
  /** Type bit of the parameter, `WORD` or `MIXED`. */
  mask(index: number): number;
  /** The token as a template has it. */
  text(index: number): string;
  /** White space before the token. */
  spaced(index: number): boolean;
}

const PRIME_LOW = 0x01000193;
const PRIME_HIGH = 0x5bd1e995;
/** Fed to the hash between tokens and for a masked part; no byte has this value. */
const NEXT_TOKEN = 0x100;
const MASKED = 0x101;
/** What makes a word more than letters and marks: it has to be looked at. */
const NOT_PLAIN = DIGIT | SLASH | AT | REDACTED;

export function createLineScanner(seed: number): LineScanner {
  const bytes = Buffer.alloc(LONGEST_SCANNED + 8);
  const window = bytes.subarray(0, LONGEST_SCANNED);
  const encoder = new TextEncoder();
  const starts = new Int32Array(MOST_TOKENS + 2);
  const ends = new Int32Array(MOST_TOKENS + 2);
  const masks = new Int16Array(MOST_TOKENS + 2);
  let tokens = 0;
  let low = 0;
  let high = 0;
  let types = 0;
  /** The hash before the last separator. */
  let lowBefore = 0;
  let highBefore = 0;

  function scan(line: string): void {
    const { read, written: length } = encoder.encodeInto(line, window);
    // So that what looks ahead finds an end.
    for (let i = length; i < length + 8; i += 1) bytes[i] = 0;
    tokens = 0;
    low = seed | 0;
    high = ~seed;
    types = 0;
    let at = 0;
    while (at < length && tokens < MOST_TOKENS) {
      const kind = CLASSES[bytes[at] ?? 0] ?? BLANK;
      if (kind === BLANK) at += 1;
      else if (kind === SEPARATOR && endOfPlaceholder(bytes, at, length) === 0) {
        lowBefore = low;
        highBefore = high;
        feed(NEXT_TOKEN);
        feed(bytes[at] ?? 0);
        at = push(at, at + 1, WORD);
      } else at = scanWord(at, length);
    }
    if (at < length || read < line.length) pushMasked(Math.min(at, length), length, TYPE_BIT.text);
  }

  function feed(code: number): void {
    low = Math.imul(low ^ code, PRIME_LOW);
    high = (Math.imul(high ^ code, PRIME_HIGH) + (low >>> 17)) | 0;
  }

  function push(from: number, to: number, mask: number): number {
    starts[tokens] = from;
    ends[tokens] = to;
    masks[tokens] = mask;
    tokens += 1;
    types = (Math.imul(types, 31) + mask) | 0;
    return to;
  }

  function pushMasked(from: number, to: number, type: number): number {
    feed(NEXT_TOKEN);
    feed(MASKED);
    return push(from, to, type);
  }

  function pushText(from: number, to: number): number {
    feed(NEXT_TOKEN);
    for (let i = from; i < to; i += 1) feed(bytes[i] ?? 0);
    return push(from, to, WORD);
  }

  /** The word that begins at `from`; returns where it ends. Its hash is made while it is read, for most words stay as they are. */
  function scanWord(from: number, length: number): number {
    let wordLow = Math.imul(low ^ NEXT_TOKEN, PRIME_LOW);
    let wordHigh = (Math.imul(high ^ NEXT_TOKEN, PRIME_HIGH) + (wordLow >>> 17)) | 0;
    let flags = 0;
    let before = 0;
    let at = from;
    while (at < length) {
      const byte = bytes[at] ?? 0;
      const kind = CLASSES[byte] ?? BLANK;
      if ((kind & (BLANK | SEPARATOR | DOT)) !== 0) {
        if (kind === BLANK) break;
        if (kind === DOT) {
          // Dots that lead the eye to a value part words.
          if (bytes[at + 1] === CODE.dot) break;
        } else {
          const placeholder = endOfPlaceholder(bytes, at, length);
          if (placeholder > 0) {
            flags |= REDACTED;
            before = DIGIT;
            at = placeholder;
            continue;
          }
          // A clock time, an address with its port, a number in groups.
          if (before !== DIGIT || (byte !== CODE.colon && byte !== CODE.comma) || classAt(bytes, at + 1) !== DIGIT)
            break;
        }
      }
      if (kind !== SEPARATOR) flags |= kind;
      before = kind;
      wordLow = Math.imul(wordLow ^ byte, PRIME_LOW);
      wordHigh = (Math.imul(wordHigh ^ byte, PRIME_HIGH) + (wordLow >>> 17)) | 0;
      at += 1;
    }
    if (at === from) return scanDots(from, length);
    const plain =
      (flags & NOT_PLAIN) === 0 && bytes[at] !== CODE.colon && bytes[at - 1] !== CODE.dot && at - from !== 3;
    if (!plain) return scanSpecial(from, at, length, flags);
    low = wordLow;
    high = wordHigh;
    return push(from, at, WORD);
  }

  function scanDots(from: number, length: number): number {
    let at = from;
    while (at < length && bytes[at] === CODE.dot) at += 1;
    // However many they are.
    pushText(from, Math.min(at, from + 2));
    return at;
  }

  /** A word that may be a parameter, whole or in part, or the beginning of one. */
  function scanSpecial(from: number, at: number, length: number, flags: number): number {
    if (bytes[at] === CODE.colon) {
      const end = endOfColonWord(from, at, length, flags);
      if (end > 0) return end;
    }
    let end = at;
    while (end > from + 1 && bytes[end - 1] === CODE.dot) end -= 1;
    const mask = maskOf(bytes, from, end, flags);
    if (mask === WORD && end - from === 3 && end === at) {
      const date = endOfDate(bytes, from, length);
      if (date > 0) return pushMasked(from, date, TYPE_BIT.time);
    }
    if (mask === TYPE_BIT.number || mask === TYPE_BIT.size || mask === TYPE_BIT.duration) {
      const quantity = quantityAt(bytes, end, length, mask);
      if (quantity !== null) return pushQuantity(from, quantity.end, quantity.type);
    }
    if (mask === WORD) pushText(from, end);
    else if (mask === MIXED) pushMixed(from, end);
    else pushMasked(from, end, mask);
    return end < at ? pushText(end, at) : at;
  }

  /** What a colon belongs to: a URL, an address of hexadecimal digits, a host with its port. 0 when it ends the word. */
  function endOfColonWord(from: number, colon: number, length: number, flags: number): number {
    if ((flags & LETTERS) !== 0) {
      const url = endOfUrl(bytes, colon, length);
      if (url > 0) return pushMasked(from, url, TYPE_BIT.url);
    }
    if ((flags & ~(DIGIT | HEX_LETTER)) === 0) {
      const address = endOfColonHex(bytes, from, length);
      if (address > 0) return pushMasked(from, address, TYPE_BIT.address);
    }
    if ((flags & DOT) === 0 || (flags & LETTERS) === 0) return 0;
    const port = endOfPort(bytes, colon, length);
    return port > 0 ? pushMasked(from, port, TYPE_BIT.address) : 0;
  }

  function pushQuantity(from: number, to: number, type: number): number {
    // The `<` of `<1 sec` belongs to the quantity.
    if (tokens > 0 && isBound(bytes, starts[tokens - 1] ?? 0, from)) {
      tokens -= 1;
      low = lowBefore;
      high = highBefore;
    }
    return pushMasked(from, to, type);
  }

  function pushMixed(from: number, to: number): number {
    feed(NEXT_TOKEN);
    for (let i = from; i < to; ) {
      const end = endOfNumber(bytes, i, from, to);
      feed(end > 0 ? MASKED : (bytes[i] ?? 0));
      i = end > 0 ? end : i + 1;
    }
    // Nothing but something redacted is a parameter as a whole.
    const whole = endOfPlaceholder(bytes, from, to) === to;
    return push(from, to, whole ? TYPE_BIT.redacted : MIXED);
  }

  function text(index: number): string {
    const from = starts[index] ?? 0;
    const to = ends[index] ?? 0;
    const mask = masks[index] ?? WORD;
    if (mask === WORD) return bytes.toString('utf8', from, to);
    if (mask !== MIXED) return '<*>';
    let out = '';
    let kept = from;
    for (let i = from; i < to; ) {
      const end = endOfNumber(bytes, i, from, to);
      if (end === 0) i += 1;
      else {
        out += `${bytes.toString('utf8', kept, i)}<*>`;
        kept = end;
        i = end;
      }
    }
    return out + bytes.toString('utf8', kept, to);
  }

  return {
    scan,
    count: () => tokens,
    hashLow: () => low,
    hashHigh: () => high,
    types: () => types,
    mask: (index) => masks[index] ?? WORD,
    text,
    spaced: (index) => index > 0 && (starts[index] ?? 0) > (ends[index - 1] ?? 0),
  };
}
