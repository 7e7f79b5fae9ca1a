import { createExpectation, expect } from './scoring/expectation.ts';
import { ALARM_SCORE, createNovelty, interruptNovelty, noveltyOf } from './scoring/novelty.ts';

/** What one value of a series says, against the values before it. */
export interface SeriesScore {
  /**
   * 0 to 1: how surely something new begins here. It speaks when trouble begins and falls silent while the trouble lasts; whether it lasts
   * is told by `since` and `unusual`.
   */
  readonly score: number;
  /** Where the value was expected; infinite on both sides while too little is known. */
  readonly expected: { readonly low: number; readonly high: number };
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

const NOTHING_KNOWN: SeriesScore = {
  score: 0,
  expected: { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  unusual: 0,
  since: null,
};

/** So many usual steps without a value are a gap. */
const GAP_STEPS = 10;
const STEP_WEIGHT = 1 / 50;
/** Beyond this, differences of values would overflow. */
const MOST = 1e300;

/** Scores one metric series as it comes. No training, no setting per series; its state is `bytes`, and a few objects. */
export function createSeriesScorer(options: SeriesScorerOptions = {}): SeriesScorer {
  const novelty = createNovelty();
  const expectation = createExpectation();
  let last = NOTHING_KNOWN;
  let before: { readonly at: number; readonly value: number } | null = null;
  let step = 0;

  function take(at: number, value: number): SeriesScore {
    const kept = Math.max(-MOST, Math.min(MOST, value));
    last = { score: noveltyOf(novelty, kept), ...expect(expectation, at, kept) };
    return last;
  }

  function noteStep(length: number): boolean {
    const isGap = step > 0 && length > GAP_STEPS * step;
    if (isGap) interruptNovelty(novelty);
    else step = step === 0 ? length : step + STEP_WEIGHT * (length - step);
    return isGap;
  }

  return {
    bytes: novelty.table.byteLength + expectation.rhythm.means.byteLength,
    push(at, value) {
      if (!Number.isFinite(at) || !Number.isFinite(value) || (before !== null && at <= before.at))
        return { ...last, score: 0 };
      const earlier = before;
      before = { at, value };
      const isGap = earlier !== null && noteStep(at - earlier.at);
      if (options.kind !== 'counter') return take(at, value);
      // Over a gap a counter may have restarted unseen; after a fall nobody knows how much was counted before it.
      if (earlier === null || isGap || value < earlier.value) return { ...last, score: 0 };
      return take(at, ((value - earlier.value) * 1000) / (at - earlier.at));
    },
  };
}
