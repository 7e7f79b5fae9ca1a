import { BLANK, CODE, classAt, DIGIT, DOT, HEX_LETTER, LETTERS, SEPARATOR } from './characters.ts';

/** Bytes that end a URL: quotes, brackets, commas. */
const AFTER_URL: ReadonlySet<number> = new Set(Buffer.from('"\'<>)]},`|'));

/** End of the URL whose `://` is at `colon`; 0 when there is none. */
export function endOfUrl(bytes: Uint8Array, colon: number, length: number): number {
  if (bytes[colon + 1] !== CODE.slash || bytes[colon + 2] !== CODE.slash || colon + 3 >= length) return 0;
  let at = colon + 3;
  while (at < length && classAt(bytes, at) !== BLANK && !AFTER_URL.has(bytes[at] ?? 0)) at += 1;
  return at;
}

/** End of the port of `host.name:443` whose colon is at `colon`; 0 when there is none. */
export function endOfPort(bytes: Uint8Array, colon: number, length: number): number {
  let at = colon + 1;
  while (at < length && at < colon + 7 && classAt(bytes, at) === DIGIT) at += 1;
  const isPort = at > colon + 1 && at < colon + 7 && (at >= length || (classAt(bytes, at) & (BLANK | SEPARATOR)) !== 0);
  return isPort ? at : 0;
}

const LONGEST_COLON_HEX = 46;

/** End of an IPv6 or hardware address: at least two colons, and nothing but hexadecimal digits, some of them letters; 0 when it is none. */
export function endOfColonHex(bytes: Uint8Array, from: number, length: number): number {
  const limit = Math.min(length, from + LONGEST_COLON_HEX);
  let colons = 0;
  let letters = 0;
  let at = from;
  for (; at < limit; at += 1) {
    const kind = classAt(bytes, at);
    if (bytes[at] === CODE.colon) colons += 1;
    else if (kind === HEX_LETTER) letters += 1;
    else if ((kind & (DIGIT | DOT)) === 0) break;
  }
  if (colons < 2 || letters === 0) return 0;
  if (at < length && (classAt(bytes, at) & (BLANK | SEPARATOR)) === 0) return 0;
  return bytes[at - 1] === CODE.colon ? at - 1 : at;
}

const PLACEHOLDER = Buffer.from('<redacted:');
const LONGEST_PLACEHOLDER = 48;

/** End of `<redacted:kind>` or of a `<*>`; 0 when there is none. */
export function endOfPlaceholder(bytes: Uint8Array, from: number, length: number): number {
  if (bytes[from] !== CODE.less) return 0;
  if (bytes[from + 1] === 42 && bytes[from + 2] === CODE.greater && from + 3 <= length) return from + 3;
  for (let i = 0; i < PLACEHOLDER.length; i += 1) if (bytes[from + i] !== PLACEHOLDER[i]) return 0;
  const limit = Math.min(length, from + LONGEST_PLACEHOLDER);
  for (let at = from + PLACEHOLDER.length; at < limit; at += 1) if (bytes[at] === CODE.greater) return at + 1;
  return 0;
}

/** End of the number at `at` inside a word: digits and what joins them, a sign where nothing is before it; 0 when there is none. */
export function endOfNumber(bytes: Uint8Array, at: number, from: number, to: number): number {
  let end = at;
  if (bytes[end] === CODE.hyphen && (end === from || (classAt(bytes, end - 1) & (LETTERS | DIGIT)) === 0)) end += 1;
  const placeholder = endOfPlaceholder(bytes, end, to);
  if (placeholder > 0) return placeholder;
  if (end >= to || classAt(bytes, end) !== DIGIT) return 0;
  for (end += 1; end < to; end += 1) {
    if (classAt(bytes, end) === DIGIT) continue;
    const code = bytes[end];
    const joins = code === CODE.dot || code === CODE.colon || code === CODE.comma;
    if (!joins || end + 1 >= to || classAt(bytes, end + 1) !== DIGIT) break;
  }
  return end;
}
