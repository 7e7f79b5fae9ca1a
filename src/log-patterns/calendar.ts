import { CODE, classAt, DIGIT, DOT, LETTERS } from './characters.ts';

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec';
const DAYS = 'mon tue wed thu fri sat sun';

function pack(word: string): number {
  return packed(Buffer.from(word), 0);
}

/** Three letters in lower case as one number. */
function packed(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) | 32) << 16) | (((bytes[at + 1] ?? 0) | 32) << 8) | ((bytes[at + 2] ?? 0) | 32);
}

const MONTH_NAMES: ReadonlySet<number> = new Set(MONTHS.split(' ').map(pack));
const DAY_NAMES: ReadonlySet<number> = new Set(DAYS.split(' ').map(pack));

/**
 * End of `Jul 01 08:16:53` that begins with a word of three letters, with the day of the week before it and the zone and year behind it; 0 when
 * it is none.
 */
export function endOfDate(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  if (DAY_NAMES.has(packed(bytes, at))) {
    at += bytes[at + 3] === CODE.comma ? 4 : 3;
    if (bytes[at] !== CODE.blank) return 0;
    at += 1;
  }
  if (!MONTH_NAMES.has(packed(bytes, at))) return 0;
  const day = endOfDigits(bytes, skipBlanks(bytes, at + 3), length, 2);
  const time = day === 0 ? 0 : endOfClock(bytes, skipBlanks(bytes, day), length);
  return time === 0 ? 0 : endOfYear(bytes, time, length);
}

/** One or two blanks: days are often padded. */
function skipBlanks(bytes: Uint8Array, from: number): number {
  if (bytes[from] !== CODE.blank) return from;
  return bytes[from + 1] === CODE.blank ? from + 2 : from + 1;
}

function endOfDigits(bytes: Uint8Array, from: number, length: number, most: number): number {
  let at = from;
  while (at < length && at < from + most && classAt(bytes, at) === DIGIT) at += 1;
  return at === from ? 0 : at;
}

function endOfClock(bytes: Uint8Array, from: number, length: number): number {
  let at = from;
  let colons = 0;
  for (; at < length && at < from + 18; at += 1) {
    if (bytes[at] === CODE.colon) colons += 1;
    else if ((classAt(bytes, at) & (DIGIT | DOT)) === 0) break;
  }
  return colons >= 1 && at - from >= 5 ? at : 0;
}

function endOfYear(bytes: Uint8Array, time: number, length: number): number {
  let at = time;
  if (bytes[at] === CODE.blank && (classAt(bytes, at + 1) & LETTERS) !== 0) {
    let zone = at + 1;
    while (zone < length && zone < at + 6 && (bytes[zone] ?? 0) >= 65 && (bytes[zone] ?? 0) <= 90) zone += 1;
    if (zone > at + 2 && bytes[zone] === CODE.blank) at = zone;
  }
  const year = bytes[at] === CODE.blank ? endOfDigits(bytes, at + 1, length, 4) : 0;
  return year === at + 5 ? year : time;
}
