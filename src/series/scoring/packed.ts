import type { ExpectationState } from './expectation.ts';
import type { NoveltyState } from './novelty.ts';
import type { Surprise } from './surprise.ts';

/** The value taken last, and the usual time between two. */
export interface Before {
  at: number;
  value: number;
  step: number;
}

/** All that is known of one series, as the functions of this folder work on it. */
export interface SeriesState {
  readonly before: Before;
  readonly novelty: NoveltyState;
  readonly expectation: ExpectationState;
}

/** Numbers that `pack` writes. */
export const NUMBERS_PER_SERIES = 51;

type Numbers = Float64Array;

/** Writes the numbers of a state at a place: thousands of series as objects take six times the room and keep the collector busy. Tables are not copied. */
export function pack({ before, novelty, expectation }: SeriesState, numbers: Numbers, at: number): void {
  numbers[at] = before.at;
  numbers[at + 1] = before.value;
  numbers[at + 2] = before.step;
  numbers[at + 3] = novelty.smoothed;
  numbers[at + 4] = novelty.usual;
  numbers[at + 5] = novelty.seen;
  numbers[at + 6] = novelty.silentUntil;
  packExpectation(expectation, numbers, at + 7);
  let next = at + 23;
  for (const one of novelty.raw) next = packSurprise(one, numbers, next);
  for (const one of novelty.smooth) next = packSurprise(one, numbers, next);
}

export function unpack({ before, novelty, expectation }: SeriesState, numbers: Numbers, at: number): void {
  before.at = read(numbers, at);
  before.value = read(numbers, at + 1);
  before.step = read(numbers, at + 2);
  novelty.smoothed = read(numbers, at + 3);
  novelty.usual = read(numbers, at + 4);
  novelty.seen = whole(numbers, at + 5);
  novelty.silentUntil = read(numbers, at + 6);
  unpackExpectation(expectation, numbers, at + 7);
  let next = at + 23;
  for (const one of novelty.raw) next = unpackSurprise(one, numbers, next);
  for (const one of novelty.smooth) next = unpackSurprise(one, numbers, next);
}

function packExpectation(one: ExpectationState, numbers: Numbers, at: number): void {
  numbers[at] = one.seen;
  numbers[at + 1] = one.level;
  numbers[at + 2] = one.offset;
  numbers[at + 3] = one.levelError;
  numbers[at + 4] = one.rhythmError;
  numbers[at + 5] = one.spread;
  numbers[at + 6] = one.upperTail;
  numbers[at + 7] = one.lowerTail;
  numbers[at + 8] = one.low;
  numbers[at + 9] = one.middle;
  numbers[at + 10] = one.high;
  numbers[at + 11] = one.unusual;
  numbers[at + 12] = one.since;
  numbers[at + 13] = one.rhythm.slot;
  numbers[at + 14] = one.rhythm.sum;
  numbers[at + 15] = one.rhythm.count;
}

function unpackExpectation(one: ExpectationState, numbers: Numbers, at: number): void {
  one.seen = whole(numbers, at);
  one.level = read(numbers, at + 1);
  one.offset = read(numbers, at + 2);
  one.levelError = read(numbers, at + 3);
  one.rhythmError = read(numbers, at + 4);
  one.spread = read(numbers, at + 5);
  one.upperTail = read(numbers, at + 6);
  one.lowerTail = read(numbers, at + 7);
  one.low = read(numbers, at + 8);
  one.middle = read(numbers, at + 9);
  one.high = read(numbers, at + 10);
  one.unusual = read(numbers, at + 11);
  one.since = read(numbers, at + 12);
  one.rhythm.slot = whole(numbers, at + 13);
  one.rhythm.sum = read(numbers, at + 14);
  one.rhythm.count = whole(numbers, at + 15);
}

function packSurprise({ lattice, seen, last, beforeLast }: Surprise, numbers: Numbers, at: number): number {
  numbers[at] = lattice.low;
  numbers[at + 1] = lattice.high;
  numbers[at + 2] = lattice.width;
  numbers[at + 3] = lattice.first;
  numbers[at + 4] = seen;
  numbers[at + 5] = last;
  numbers[at + 6] = beforeLast;
  return at + 7;
}

function unpackSurprise(one: Surprise, numbers: Numbers, at: number): number {
  one.lattice.low = read(numbers, at);
  one.lattice.high = read(numbers, at + 1);
  one.lattice.width = read(numbers, at + 2);
  one.lattice.first = read(numbers, at + 3);
  one.seen = whole(numbers, at + 4);
  one.last = whole(numbers, at + 5);
  one.beforeLast = whole(numbers, at + 6);
  return at + 7;
}

function read(numbers: Numbers, at: number): number {
  return numbers[at] ?? Number.NaN;
}

/** So that the engine counts and indexes with integers. */
function whole(numbers: Numbers, at: number): number {
  return read(numbers, at) | 0;
}
