import { ALARM_SCORE } from './scoring/novelty.ts';
import { BYTES_PER_SERIES, createSeriesBank, type SeriesBankOptions } from './series-bank.ts';

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
  /** As that of a bank. */
  push(at: number, value: number): SeriesScore;
  /** Size of the state that it keeps, the same for every series. */
  readonly bytes: number;
}

export type SeriesScorerOptions = Pick<SeriesBankOptions, 'kind'>;

/** From this score on it is an alarm; the one threshold for all series. */
export { ALARM_SCORE };

/** Scores one metric series as it comes: a bank of one. No training, no setting per series. */
export function createSeriesScorer(options: SeriesScorerOptions = {}): SeriesScorer {
  const bank = createSeriesBank({ ...options, seriesPerPage: 1 });
  const series = bank.open();
  return { bytes: BYTES_PER_SERIES, push: (at, value) => bank.push(series, at, value) };
}
