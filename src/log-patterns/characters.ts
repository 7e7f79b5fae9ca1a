/** What a byte of UTF-8 can be part of, as bits; one look at a table per byte of a line. */
export const DIGIT = 1;
/** a to f, in either case: may be a digit of a hexadecimal number. */
export const HEX_LETTER = 2;
/** Any other letter; everything beyond ASCII counts as one. */
export const LETTER = 4;
export const DOT = 8;
export const SLASH = 16;
export const HYPHEN = 32;
/** What else may stand inside a word: `_ # $ % & * + ! ? ~ \ ^`. */
export const MARK = 64;
export const AT = 128;
export const BLANK = 256;
/** Stands alone as a token and parts words: `= : , ; ( ) [ ] { } < > " ' |` and the like. */
export const SEPARATOR = 512;
/** Not of a byte, but of a word: it holds the placeholder of something redacted. */
export const REDACTED = 1_024;

export const LETTERS = HEX_LETTER | LETTER;

const SEPARATORS = '=:,;()[]{}<>"\'|`';
const SINGLE: Readonly<Record<string, number>> = { '.': DOT, '/': SLASH, '-': HYPHEN, '@': AT };

function classOf(byte: number): number {
  const char = String.fromCharCode(byte);
  if (byte >= 128) return LETTER;
  if (byte <= 32 || byte === 127) return BLANK;
  if (/[0-9]/.test(char)) return DIGIT;
  if (/[a-fA-F]/.test(char)) return HEX_LETTER;
  if (/[a-zA-Z]/.test(char)) return LETTER;
  return SEPARATORS.includes(char) ? SEPARATOR : (SINGLE[char] ?? MARK);
}

/** By byte. */
export const CLASSES: Readonly<Uint16Array> = Uint16Array.from({ length: 256 }, (_, byte) => classOf(byte));

/** The class of the byte at a place; of what is beyond the end, `BLANK`. */
export function classAt(bytes: Uint8Array, at: number): number {
  return CLASSES[bytes[at] ?? 0] ?? BLANK;
}

export const CODE = {
  blank: 32,
  plus: 43,
  comma: 44,
  hyphen: 45,
  dot: 46,
  slash: 47,
  zero: 48,
  colon: 58,
  less: 60,
  greater: 62,
  T: 84,
  Z: 90,
  x: 120,
} as const;
