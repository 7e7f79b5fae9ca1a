import { ALARM_SCORE, createNovelty } from './scoring/novelty.ts';
import { createResidual } from './scoring/residual.ts';

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

/** Scores one metric series as it comes. No training, no setting per series; state is a fixed number of bytes. */
export function createSeriesScorer(options: SeriesScorerOptions = {}): SeriesScorer {
  const novelty = createNovelty();
  const residual = createResidual();
  let last = NOTHING_KNOWN;
  let before: { readonly at: number; readonly value: number } | null = null;

  function take(at: number, value: number): SeriesScore {
    last = { score: novelty.push(value), ...residual.push(at, value) };
    return last;
  }

  return {
    push(at, value) {
      if (!Number.isFinite(at) || !Number.isFinite(value) || (before !== null && at <= before.at))
        return { ...last, score: 0 };
      const earlier = before;
      before = { at, value };
      if (options.kind !== 'counter') return take(at, value);
      if (earlier === null || value < earlier.value) return { ...last, score: 0 };
      return take(at, ((value - earlier.value) * 1000) / (at - earlier.at));
    },
  };
}
