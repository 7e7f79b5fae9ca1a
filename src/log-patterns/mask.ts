import {
  AT,
  CODE,
  classAt,
  DIGIT,
  DOT,
  HEX_LETTER,
  HYPHEN,
  LETTER,
  LETTERS,
  MARK,
  REDACTED,
  SLASH,
} from './characters.ts';
import { TYPE_BIT } from './parameter-type.ts';
import { unitAt } from './quantity.ts';

/** A word stays as it is. */
export const WORD = 0;
/** Its digits are masked, its letters stay: `blk_<*>`. */
export const MIXED = -1;

/** Changes between letter and digit within one part of a word, from which on it is an identifier and no name with a number. */
const OPAQUE_CHANGES = 3;
const SHORTEST_HEX = 6;
const LENGTH_OF_UUID = 36;

/**
 * What a word is: a type bit when all of it is a parameter, `WORD` or `MIXED`. `flags` are the classes of its bytes, or-ed. Linear in the word.
 */
export function maskOf(bytes: Uint8Array, from: number, to: number, flags: number): number {
  if ((flags & AT) !== 0 && (flags & DOT) !== 0 && isEmail(bytes, from, to)) return TYPE_BIT.email;
  if ((flags & SLASH) !== 0 && isPath(bytes, from, to)) return TYPE_BIT.path;
  if ((flags & REDACTED) !== 0) return MIXED;
  if ((flags & DIGIT) === 0) return WORD;
  if ((flags & LETTERS) === 0) return numberType(bytes, from, to, flags);
  const hex = hexType(bytes, from, to, flags);
  if (hex !== WORD) return hex;
  if (beginsWithDigit(bytes, from)) {
    const unit = numberWithUnit(bytes, from, to);
    if (unit !== WORD) return unit;
    if (isTime(bytes, from, to)) return TYPE_BIT.time;
  }
  return isOpaque(bytes, from, to) ? TYPE_BIT.identifier : MIXED;
}

function numberType(bytes: Uint8Array, from: number, to: number, flags: number): number {
  if ((flags & DOT) === 0 || (flags & (HYPHEN | MARK)) !== 0) return TYPE_BIT.number;
  let dots = 0;
  for (let i = from; i < to; i += 1) if (bytes[i] === CODE.dot) dots += 1;
  return dots === 3 ? TYPE_BIT.address : TYPE_BIT.number;
}

function hexType(bytes: Uint8Array, from: number, to: number, flags: number): number {
  if (
    bytes[from] === CODE.zero &&
    to - from > 2 &&
    ((bytes[from + 1] ?? 0) | 32) === CODE.x &&
    isHex(bytes, from + 2, to)
  )
    return TYPE_BIT.hex;
  if ((flags & ~(DIGIT | HEX_LETTER | HYPHEN)) !== 0 || to - from < SHORTEST_HEX) return WORD;
  return to - from === LENGTH_OF_UUID && (flags & HYPHEN) !== 0 ? TYPE_BIT.uuid : TYPE_BIT.hex;
}

function isHex(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) if ((classAt(bytes, i) & (DIGIT | HEX_LETTER)) === 0) return false;
  return true;
}

/** Begins with a slash, or with a dot or tilde before its only one, or has two slashes. */
function isPath(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from];
  if (first === CODE.slash) return to - from > 1;
  let slashes = 0;
  for (let i = from; i < to; i += 1) if (bytes[i] === CODE.slash) slashes += 1;
  return slashes >= 2 || (first === CODE.dot && slashes === 1);
}

/** One at sign, something before it, a dot in what is behind it. */
function isEmail(bytes: Uint8Array, from: number, to: number): boolean {
  const at = bytes.indexOf(64, from + 1);
  if (at === -1 || at >= to - 3) return false;
  const dot = bytes.indexOf(CODE.dot, at + 2);
  return dot !== -1 && dot < to - 1;
}

function beginsWithDigit(bytes: Uint8Array, from: number): boolean {
  const first = bytes[from];
  return classAt(bytes, first === CODE.hyphen || first === CODE.plus ? from + 1 : from) === DIGIT;
}

/** `12ms`, `-1.5GB`. */
function numberWithUnit(bytes: Uint8Array, from: number, to: number): number {
  let i = from + 1;
  while (i < to && (classAt(bytes, i) & (DIGIT | DOT)) !== 0) i += 1;
  const unit = unitAt(bytes, i, to);
  return unit !== null && unit.end === to ? unit.type : WORD;
}

/** `2026-11-27T23:01:02Z`, `20261127T230102`: digits, one T, digits. */
function isTime(bytes: Uint8Array, from: number, to: number): boolean {
  let letters = 0;
  for (let i = from; i < to; i += 1) {
    if ((classAt(bytes, i) & LETTERS) === 0) continue;
    letters += 1;
    const isT = bytes[i] === CODE.T && i - from >= 8 && classAt(bytes, i + 1) === DIGIT;
    if (!isT && (bytes[i] !== CODE.Z || i !== to - 1)) return false;
  }
  return letters <= 2 && to - from >= 11;
}

function isOpaque(bytes: Uint8Array, from: number, to: number): boolean {
  let changes = 0;
  let before = 0;
  for (let i = from; i < to; i += 1) {
    const kind = classAt(bytes, i) & (DIGIT | HEX_LETTER | LETTER);
    const now = kind === 0 ? 0 : kind === DIGIT ? 1 : 2;
    if (now === 0) changes = 0;
    else if (before !== 0 && now !== before) {
      changes += 1;
      if (changes >= OPAQUE_CHANGES) return true;
    }
    before = now;
  }
  return false;
}
