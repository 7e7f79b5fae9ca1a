import { chanceOf, createSurprise, interrupt, type Surprise } from './surprise.ts';

/** Coarse cells with a longer memory, fine ones with a shorter: neither alone bears where the edges of cells happen to lie. */
const VOCABULARIES = [
  { cells: 8, order: 2 },
  { cells: 16, order: 1 },
] as const;
/** Weight of the newest value in the smoothed series, which is listened to beside the raw one: slow drifts and changed patterns show there. */
const SMOOTHING = 0.1;
/** How fast the habit of being surprising is learnt. */
const SLOW = 1 / 500;
/** Nats that are added to the usual surprise: a series that never surprised must not alarm at its first murmur. */
const GROUND = 2;
/** Values that are needed before anything is said. */
const LEARNING = 100;
/** So many times its usual surprise and the ground is an alarm. Cross-validated, see docs/decisions/2026-11-27-streaming-scores.md. */
const ALARM_RATIO = 2.9;
/** After an alarm it is silent for this share of all values seen, within bounds: what goes on is not new. */
const REST = { share: 0.05, least: 100, most: 500 } as const;

export const ALARM_SCORE = 0.5;

/** State of one series, see `noveltyOf`. */
export interface NoveltyState {
  table: Uint16Array;
  readonly raw: readonly Surprise[];
  readonly smooth: readonly Surprise[];
  smoothed: number;
  usual: number;
  seen: number;
  silentUntil: number;
}

/** Counts that one series needs room for. */
export const COUNTS_PER_SERIES =
  2 * VOCABULARIES.reduce((sum, { cells, order }) => sum + createSurprise(cells, order, 0).size, 0);

export function createNovelty(): NoveltyState {
  const raw = surprisesFrom(0);
  const smooth = surprisesFrom(COUNTS_PER_SERIES / 2);
  const table = new Uint16Array(COUNTS_PER_SERIES);
  return { table, raw, smooth, smoothed: Number.NaN, usual: 0, seen: 0, silentUntil: 0 };
}

/** 0 to 1: how much more surprising a value is, raw and smoothed, than values of this series use to be; from `ALARM_SCORE` on something new begins. */
export function noveltyOf(state: NoveltyState, value: number): number {
  const { table, raw, smooth } = state;
  state.smoothed = Number.isNaN(state.smoothed) ? value : state.smoothed + SMOOTHING * (value - state.smoothed);
  let chance = 1;
  for (const one of raw) chance *= chanceOf(one, table, value);
  for (const one of smooth) chance *= chanceOf(one, table, state.smoothed);
  // The mean surprise: four chances of at least 1e-5 each multiply without loss, and one logarithm is dear enough.
  const now = -Math.log(chance) / (raw.length + smooth.length);
  const ratio = now / (state.usual + GROUND);
  state.seen++;
  state.usual += Math.max(SLOW, 1 / state.seen) * (now - state.usual);
  if (state.seen <= LEARNING || state.seen < state.silentUntil) return 0;
  const score = ratio / (ratio + ALARM_RATIO);
  if (score >= ALARM_SCORE)
    state.silentUntil = state.seen + Math.min(REST.most, Math.max(REST.least, REST.share * state.seen));
  return score;
}

/** Its counts lie in this table from there on. */
export function placeNovelty(state: NoveltyState, table: Uint16Array, from: number): void {
  state.table = table;
  let next = from;
  for (const one of state.raw) next = place(one, next);
  for (const one of state.smooth) next = place(one, next);
}

function place(one: Surprise, from: number): number {
  one.from = from;
  return from + one.size;
}

/** After a gap: what comes next does not follow what came last. */
export function interruptNovelty({ raw, smooth }: NoveltyState): void {
  for (const one of raw) interrupt(one);
  for (const one of smooth) interrupt(one);
}

function surprisesFrom(from: number): Surprise[] {
  let next = from;
  return VOCABULARIES.map(({ cells, order }) => {
    const one = createSurprise(cells, order, next);
    next += one.size;
    return one;
  });
}
