import { createRhythm } from './rhythm.ts';

export interface Expectation {
  readonly expected: { readonly low: number; readonly high: number };
  readonly unusual: number;
  readonly since: number | null;
}

/** Values that are needed before anything is expected. */
const LEARNING = 30;
/** Weight of the newest value in the level. */
const LEVEL = 1 / 60;
/** Weight of the newest error in the spread, and in the judgement of which prediction is better. */
const SPREAD = 1 / 500;
/** Half width of what is expected, in mean deviations; 4 are 3.2 standard deviations of a normal distribution. */
const BAND = 4;
/** Share of errors that the tail is to lie beyond, and how far beyond the tail something must lie to be unexpected. */
const TAIL_SHARE = 0.01;
const BEYOND_TAIL = 1.25;
/** What lies outside teaches this much less, so that trouble does not become usual before it is over, and a new level does in time. */
const OUTSIDE_WEIGHT = 0.1;
/** Errors are learnt up to so many spreads: one burst must not hide the next. */
const MOST_SPREADS = 10;
/** A series that never moved still has a spread, as a share of its level. */
const STILL_SHARE = 1e-3;
const LEAST_SPREAD = 1e-12;

/**
 * Where the next value should lie: around the level of late, or around it as moved by the rhythm of the day, whichever was nearer until now. How wide, is learnt on each side
 * alone from the errors: their mean, and their tail by stochastic approximation of a quantile (Robbins and Monro, 1951), so that a series that bursts upwards by habit
 * has a high upper bound and a close lower one.
 */
export function createExpectation(): { push(at: number, value: number): Expectation; readonly bytes: number } {
  const rhythm = createRhythm();
  let [level, seen] = [0, 0];
  /** Level of the difference to the rhythm, and how far each way of predicting has been off. */
  let offset = 0;
  let [levelError, rhythmError] = [0, Number.POSITIVE_INFINITY];
  let [spread, upperTail, lowerTail] = [0, 0, 0];
  let since: number | null = null;

  function learn(at: number, value: number, middle: number, usual: number | null, weight: number): void {
    const [levelWeight, spreadWeight] = [
      Math.max(LEVEL, 1 / (seen + 1)) * weight,
      Math.max(SPREAD, 1 / (seen + 1)) * weight,
    ];
    const most = seen < LEARNING ? Number.POSITIVE_INFINITY : MOST_SPREADS * floorOf(spread, middle);
    const error = Math.max(-most, Math.min(most, value - middle));
    spread += spreadWeight * (Math.abs(error) - spread);
    upperTail = tailAfter(upperTail, error, spread, weight);
    lowerTail = tailAfter(lowerTail, -error, spread, weight);
    levelError += spreadWeight * (Math.min(most, Math.abs(value - level)) - levelError);
    level += levelWeight * (value - level);
    if (usual !== null) {
      const off = Math.min(most, Math.abs(value - usual - offset));
      rhythmError = Number.isFinite(rhythmError) ? rhythmError + spreadWeight * (off - rhythmError) : levelError;
      offset += levelWeight * (value - usual - offset);
    }
    rhythm.learn(at, value);
    seen++;
  }

  return {
    bytes: rhythm.bytes + 9 * Float64Array.BYTES_PER_ELEMENT,
    push(at, value) {
      const usual = rhythm.at(at);
      const middle = usual !== null && rhythmError < levelError ? usual + offset : level;
      const width = floorOf(spread, middle);
      if (seen < LEARNING) {
        learn(at, value, seen === 0 ? value : middle, usual, 1);
        return { expected: { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }, unusual: 0, since };
      }
      const low = middle - Math.max(BAND * width, BEYOND_TAIL * lowerTail);
      const high = middle + Math.max(BAND * width, BEYOND_TAIL * upperTail);
      const isOutside = value < low || value > high;
      since = isOutside ? (since ?? at) : null;
      const unusual = (value - middle) / width;
      learn(at, value, middle, usual, isOutside ? OUTSIDE_WEIGHT : 1);
      return { expected: { low, high }, unusual, since };
    },
  };
}

function floorOf(spread: number, middle: number): number {
  return Math.max(spread, Math.abs(middle) * STILL_SHARE, LEAST_SPREAD);
}

/** Moves the quantile so that in the long run `TAIL_SHARE` of the errors lie beyond it. */
function tailAfter(tail: number, error: number, spread: number, weight: number): number {
  return Math.max(0, tail + spread * weight * (error > tail ? 1 - TAIL_SHARE : -TAIL_SHARE) * 0.5);
}
