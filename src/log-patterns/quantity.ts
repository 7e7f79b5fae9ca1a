import { BLANK, CODE, classAt, DIGIT, DOT, LETTERS } from './characters.ts';
import { TYPE_BIT } from './parameter-type.ts';

const TIME_UNITS =
  'ns us ms s sec secs second seconds msec msecs usec usecs millis millisecond milliseconds microseconds nanoseconds min mins minute minutes h hr hrs hour hours day days';
const SIZE_UNITS = 'b byte bytes kb kib mb mib gb gib tb tib kbytes mbytes';
const LONGEST_UNIT = 12;

/** Units by a hash of their letters in lower case. */
const UNITS: ReadonlyMap<number, number> = new Map([
  ...TIME_UNITS.split(' ').map((unit): [number, number] => [hashOf(unit), TYPE_BIT.duration]),
  ...SIZE_UNITS.split(' ').map((unit): [number, number] => [hashOf(unit), TYPE_BIT.size]),
]);

function hashOf(word: string): number {
  const bytes = Buffer.from(word);
  return lowerHash(bytes, 0, bytes.length);
}

/** Exact for words of letters up to `LONGEST_UNIT` as far as the units go: a test compares all of them. */
function lowerHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i += 1) hash = Math.imul(hash, 33) ^ ((bytes[i] ?? 0) | 32);
  return hash;
}

export interface Unit {
  readonly end: number;
  readonly type: number;
}

/** The unit of time or size that begins here, before anything but a letter or digit; null when there is none. */
export function unitAt(bytes: Uint8Array, from: number, length: number): Unit | null {
  const limit = Math.min(length, from + LONGEST_UNIT + 1);
  let at = from;
  while (at < limit && (classAt(bytes, at) & LETTERS) !== 0) at += 1;
  if (at === from || (at < length && (classAt(bytes, at) & (DIGIT | LETTERS)) !== 0)) return null;
  const type = UNITS.get(lowerHash(bytes, from, at));
  return type === undefined ? null : { end: at, type };
}

/** A number with the unit behind it, or the size that is said once more in parentheses: `1165 bytes (1.13 KB)`. Null for a bare number. */
export function quantityAt(bytes: Uint8Array, end: number, length: number, mask: number): Unit | null {
  let found: Unit | null = { end, type: mask };
  if (mask === TYPE_BIT.number) {
    if (bytes[end] !== CODE.blank) return null;
    found = unitAt(bytes, end + 1, length);
  }
  return found !== null && found.type === TYPE_BIT.size
    ? { end: endOfRestated(bytes, found.end, length), type: found.type }
    : found;
}

function endOfRestated(bytes: Uint8Array, end: number, length: number): number {
  if (bytes[end] !== CODE.blank || bytes[end + 1] !== 40) return end;
  let at = end + 2;
  while (at < length && (classAt(bytes, at) & (DIGIT | DOT)) !== 0) at += 1;
  if (at === end + 2) return end;
  const unit = unitAt(bytes, bytes[at] === CODE.blank ? at + 1 : at, length);
  return unit?.type === TYPE_BIT.size && bytes[unit.end] === 41 ? unit.end + 1 : end;
}

/** Whether the token at `start`, right before a number, is the `<` of a bound such as `<1 sec`. */
export function isBound(bytes: Uint8Array, start: number, from: number): boolean {
  return start === from - 1 && bytes[start] === CODE.less && (start === 0 || classAt(bytes, start - 1) === BLANK);
}
