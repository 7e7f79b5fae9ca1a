import { createExpectation, expectValue } from './scoring/expectation.ts';
import { ALARM_SCORE, createNovelty, interruptNovelty, noveltyOf } from './scoring/novelty.ts';

/** What one value of a series says, against the values before it. */
export interface SeriesScore {
  /** What was scored: the value, or the rate per second of a counter; NaN when this push was no news. */
  readonly value: number;
  /**
   * 0 to 1: how surely something new begins here. It speaks when trouble begins and falls silent while the trouble lasts; whether it lasts
   * is told by `since` and `unusual`.
   */
  readonly score: number;
  /** Where the value was expected; infinite on both sides while too little is known. */
  readonly expected: { readonly low: number; readonly middle: number; readonly high: number };
  /** Signed distance from the middle of what was expected, in usual spreads; 0 while too little is known. */
  readonly unusual: number;
  /** Unix ms of the first of the unbroken run of values outside of what is expected; null inside. */
  readonly since: number | null;
}

export interface SeriesScorer {
  /** Takes one value in. `at` in Unix ms. A value that is not finite, or not later than the last, is no news: nothing is learnt from it. */
  push(at: number, value: number): SeriesScore;
  /** Size of the tables that it keeps, the same for every series. */
  readonly bytes: number;
}

export interface SeriesScorerOptions {
  /** A counter only grows; its rate per second is scored, and a fall is a restart, which is no news. */
  readonly kind?: 'gauge' | 'counter';
}

/** From this score on it is an alarm; the one threshold for all series. */
export { ALARM_SCORE };

/** So many usual steps without a value are a gap. */
const GAP_STEPS = 10;
const STEP_WEIGHT = 1 / 50;
/** Beyond this, differences of values would overflow. */
const MOST = 1e300;

/** Scores one metric series as it comes. No training, no setting per series; its state is `bytes`, and some plain objects. */
export function createSeriesScorer(options: SeriesScorerOptions = {}): SeriesScorer {
  const novelty = createNovelty();
  const expectation = createExpectation();
  const isCounter = options.kind === 'counter';
  /** The last value taken, and the usual time between two. */
  const before = { at: Number.NEGATIVE_INFINITY, value: Number.NaN, step: Number.NaN };

  function said(value: number, score: number): SeriesScore {
    const { low, middle, high, unusual, since } = expectation;
    return { value, score, expected: { low, middle, high }, unusual, since: Number.isNaN(since) ? null : since };
  }

  function take(at: number, value: number): SeriesScore {
    const kept = Math.max(-MOST, Math.min(MOST, value));
    expectValue(expectation, { at, value: kept, step: before.step });
    return said(kept, noveltyOf(novelty, kept));
  }

  function noteStep(length: number): boolean {
    if (!Number.isFinite(length)) return false;
    const isGap = length > GAP_STEPS * before.step;
    if (isGap) interruptNovelty(novelty);
    else before.step = Number.isNaN(before.step) ? length : before.step + STEP_WEIGHT * (length - before.step);
    return isGap;
  }

  return {
    bytes: novelty.table.byteLength + expectation.rhythm.means.byteLength,
    push(at, value) {
      if (!Number.isFinite(at) || !Number.isFinite(value) || at <= before.at) return said(Number.NaN, 0);
      const elapsed = at - before.at;
      const grown = value - before.value;
      before.at = at;
      before.value = value;
      const isGap = noteStep(elapsed);
      if (!isCounter) return take(at, value);
      // Over a gap a counter may have restarted unseen; after a fall nobody knows how much was counted before it.
      return isGap || !(grown >= 0) ? said(Number.NaN, 0) : take(at, (grown * 1000) / elapsed);
    },
  };
}
