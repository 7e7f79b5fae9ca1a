import { ANY } from './token.ts';

/*
 * A list of tokens as a sum of one number for each token and place, so that a token can be taken out and another put in without looking at the
 * rest. Two sums of 32 bits; whoever finds equal sums compares the tokens before trusting them.
 */

/** Two numbers for each column, one after the other, and their sums at the end. */
export type Fingerprint = readonly number[];

export function fingerprintOf(tokens: readonly string[]): Fingerprint {
  const out: number[] = [];
  let [low, high] = [0, 0];
  for (const [column, token] of tokens.entries()) {
    const [a, b] = numbersOf(token, column);
    out.push(a, b);
    low = (low + a) | 0;
    high = (high + b) | 0;
  }
  out.push(low, high);
  return out;
}

/** One number that two fingerprints share when they are the same but for these columns. */
export function sumWithout(print: Fingerprint, columns: readonly number[]): number {
  let low = print[print.length - 2] ?? 0;
  let high = print[print.length - 1] ?? 0;
  for (const column of columns) {
    low = (low - (print[2 * column] ?? 0) + placeOf(column)) | 0;
    high = (high - (print[2 * column + 1] ?? 0) + placeOf(column + 7)) | 0;
  }
  return (low >>> 0) * 0x200000 + (high >>> 11);
}

/** Whether two lists of the same length are the same but for these columns. */
export function sameWithout(a: readonly string[], b: readonly string[], columns: readonly number[]): boolean {
  return a.length === b.length && a.every((token, column) => token === b[column] || columns.includes(column));
}

function placeOf(column: number): number {
  return Math.imul(column + 1, 0x9e3779b1) ^ 0x5bf03635;
}

const ANY_HASH = hashOf(ANY);

function numbersOf(token: string, column: number): readonly [number, number] {
  const hash = token === ANY ? ANY_HASH : hashOf(token);
  return [mix(hash.low ^ placeOf(column)), mix(hash.high ^ placeOf(column + 7))];
}

function hashOf(token: string): { readonly low: number; readonly high: number } {
  let low = 0x811c9dc5 | 0;
  let high = 0x2545f491;
  for (let i = 0; i < token.length; i += 1) {
    const code = token.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = (Math.imul(high ^ code, 0x5bd1e995) + (low >>> 17)) | 0;
  }
  return { low, high };
}

/** Final mixing of MurmurHash3. */
function mix(given: number): number {
  let hash = Math.imul(given ^ (given >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
