import { createRhythm, learnRhythm, type Rhythm, usualAt } from './rhythm.ts';

/** Values that are needed before anything is expected, and how many of them the doubt about a short past is worth. */
const LEARNING = 12;
const DOUBT = 15;
/** Weight of the newest value in the level; less where values come so often that it would forget within minutes. */
const LEVEL = { most: 1 / 60, overMs: 900_000 } as const;
/** Weight of the newest error in the spread, and in the judgement of which prediction is better. */
const SPREAD = { most: 1 / 500, overMs: 7_500_000 } as const;
/** Half width of what is expected, in mean deviations; 4 are 3.2 standard deviations of a normal distribution. */
const BAND = 4;
/** Share of errors that the tail is to lie beyond, and how far beyond the tail something must lie to be unexpected. */
const TAIL_SHARE = 0.01;
const BEYOND_TAIL = 1.25;
/** What lies outside teaches this much less, so that trouble does not become usual before it is over, and a new level does in time. */
const OUTSIDE_WEIGHT = 0.1;
/** And of how far values are off: more, so that what bursts every hour is soon known to. */
const OUTSIDE_SPREAD_WEIGHT = 0.3;
/** Errors are learnt up to so many spreads: one burst must not hide the next. */
const MOST_SPREADS = 10;
/** A series that never moved still has a spread, as a share of its level. */
const STILL_SHARE = 1e-3;
const LEAST_SPREAD = 1e-12;

/** State of one series, see `expect`. */
export interface ExpectationState {
  readonly rhythm: Rhythm;
  seen: number;
  level: number;
  /** Level of the difference to the rhythm. */
  offset: number;
  /** How far each way of predicting has been off. */
  levelError: number;
  rhythmError: number;
  spread: number;
  upperTail: number;
  lowerTail: number;
  /** What was said of the last value. */
  low: number;
  middle: number;
  high: number;
  unusual: number;
  /** NaN inside. */
  since: number;
}

export function createExpectation(): ExpectationState {
  return {
    rhythm: createRhythm(),
    seen: 0,
    level: 0,
    offset: 0,
    levelError: 0,
    rhythmError: Number.POSITIVE_INFINITY,
    spread: 0,
    upperTail: 0,
    lowerTail: 0,
    low: Number.NEGATIVE_INFINITY,
    middle: 0,
    high: Number.POSITIVE_INFINITY,
    unusual: 0,
    since: Number.NaN,
  };
}

/**
 * Says where the value should lie, then takes it in: around the level of late, or around it as moved by the rhythm of the day, whichever was nearer until now. How wide, is learnt
 * on each side alone from the errors: their mean, and their tail by stochastic approximation of a quantile (Robbins and Monro, 1951), so that a series that bursts upwards by
 * habit has a high upper bound and a close lower one. What is said is written into the state: an object for each value of thousands of series would outlive the young generation.
 */
export function expectValue(state: ExpectationState, one: { at: number; value: number; step: number }): void {
  const { at, value, step } = one;
  const usual = usualAt(state.rhythm, at);
  const isRhythmic = usual !== null && state.rhythmError < state.levelError;
  const middle = state.seen === 0 ? value : isRhythmic ? usual + state.offset : state.level;
  if (state.seen < LEARNING) {
    learn(state, { at, value, step, middle, usual, isOutside: false });
    return;
  }
  const width = floorOf(state.spread, middle) * (1 + DOUBT / state.seen);
  state.middle = middle;
  state.low = middle - Math.max(BAND * width, BEYOND_TAIL * state.lowerTail);
  state.high = middle + Math.max(BAND * width, BEYOND_TAIL * state.upperTail);
  const isOutside = value < state.low || value > state.high;
  if (!isOutside) state.since = Number.NaN;
  else if (Number.isNaN(state.since)) state.since = at;
  state.unusual = (value - middle) / width;
  learn(state, { at, value, step, middle, usual, isOutside });
}

interface Lesson {
  readonly at: number;
  readonly value: number;
  /** Usual time between two values; NaN for the first. */
  readonly step: number;
  readonly middle: number;
  readonly usual: number | null;
  readonly isOutside: boolean;
}

function learn(state: ExpectationState, { at, value, step, middle, usual, isOutside }: Lesson): void {
  const levelWeight = weightOf(LEVEL, step, state.seen) * (isOutside ? OUTSIDE_WEIGHT : 1);
  const tailWeight = isOutside ? OUTSIDE_SPREAD_WEIGHT : 1;
  const spreadWeight = weightOf(SPREAD, step, state.seen) * tailWeight;
  const most = state.seen < LEARNING ? Number.MAX_VALUE : MOST_SPREADS * floorOf(state.spread, middle);
  const error = Math.max(-most, Math.min(most, value - middle));
  state.spread += spreadWeight * (Math.abs(error) - state.spread);
  state.upperTail = tailAfter(state.upperTail, error, state.spread, tailWeight);
  state.lowerTail = tailAfter(state.lowerTail, -error, state.spread, tailWeight);
  state.levelError += spreadWeight * (Math.min(most, Math.abs(value - state.level)) - state.levelError);
  state.level += levelWeight * (value - state.level);
  if (usual !== null) {
    const off = Math.min(most, Math.abs(value - usual - state.offset));
    state.rhythmError = Number.isFinite(state.rhythmError)
      ? state.rhythmError + spreadWeight * (off - state.rhythmError)
      : state.levelError;
    state.offset += levelWeight * (value - usual - state.offset);
  }
  learnRhythm(state.rhythm, at, value);
  state.seen++;
}

/** That of a plain mean while little was seen. */
function weightOf({ most, overMs }: { most: number; overMs: number }, step: number, seen: number): number {
  return Math.max(step < overMs * most ? step / overMs : most, 1 / (seen + 1));
}

function floorOf(spread: number, middle: number): number {
  return Math.max(spread, Math.abs(middle) * STILL_SHARE, LEAST_SPREAD);
}

/** Moves the quantile so that in the long run `TAIL_SHARE` of the errors lie beyond it. */
function tailAfter(tail: number, error: number, spread: number, weight: number): number {
  return Math.max(0, tail + spread * weight * (error > tail ? 1 - TAIL_SHARE : -TAIL_SHARE) * 0.5);
}
