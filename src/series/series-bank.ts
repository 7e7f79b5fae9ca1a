import { createExpectation, expectValue } from './scoring/expectation.ts';
import { COUNTS_PER_SERIES, createNovelty, interruptNovelty, noveltyOf, placeNovelty } from './scoring/novelty.ts';
import { NUMBERS_PER_SERIES, pack, type SeriesState, unpack } from './scoring/packed.ts';
import { SLOTS } from './scoring/rhythm.ts';
import type { SeriesScore } from './series-scorer.ts';

/** Scorers of many series in a few large tables: the same state for each, whatever came. */
export interface SeriesBank {
  /** A place for a series of which nothing is known. */
  open(): number;
  /** Forgets it; the place may be given to another. */
  close(series: number): void;
  /** Takes one value in. `at` in Unix ms. A value that is not finite, or not later than the last, is no news: nothing is learnt from it. */
  push(series: number, at: number, value: number): SeriesScore;
  /** Series that are open, and the bytes of their state. */
  size(): { readonly series: number; readonly bytes: number };
}

const BYTES = { number: 8, count: 2, mean: 4 } as const;
const BYTES_WITHOUT_ALARMS = NUMBERS_PER_SERIES * BYTES.number + SLOTS * BYTES.mean;
export const BYTES_PER_SERIES = BYTES_WITHOUT_ALARMS + COUNTS_PER_SERIES * BYTES.count;

/** So many usual steps without a value are a gap. */
const GAP_STEPS = 10;
const STEP_WEIGHT = 1 / 50;
/** Beyond this, differences of values would overflow. */
const MOST = 1e300;
const SERIES_PER_PAGE = 64;

interface Page {
  readonly numbers: Float64Array;
  readonly counts: Uint16Array;
  readonly means: Float32Array;
}

export interface SeriesBankOptions {
  /** A counter only grows; its rate per second is scored, and a fall is a restart, which is no news. */
  readonly kind?: 'gauge' | 'counter';
  readonly seriesPerPage?: number;
  /** False: what is expected is learnt, and there are no alarms: a seventh of the room, for series that are only told of. */
  readonly alarms?: boolean;
}

export function createSeriesBank(options: SeriesBankOptions = {}): SeriesBank {
  const { kind = 'gauge', seriesPerPage = SERIES_PER_PAGE, alarms = true } = options;
  const countsEach = alarms ? COUNTS_PER_SERIES : 0;
  const pages: Page[] = [];
  const free: number[] = [];
  /** The one series that is looked at. */
  const work: SeriesState = {
    before: { at: Number.NEGATIVE_INFINITY, value: Number.NaN, step: Number.NaN },
    novelty: createNovelty(),
    expectation: createExpectation(),
  };
  const blank = new Float64Array(NUMBERS_PER_SERIES);
  pack(work, blank, 0);

  function addPage(): void {
    const first = pages.length * seriesPerPage;
    pages.push({
      numbers: new Float64Array(seriesPerPage * NUMBERS_PER_SERIES),
      counts: new Uint16Array(seriesPerPage * countsEach),
      means: new Float32Array(seriesPerPage * SLOTS),
    });
    for (let index = seriesPerPage - 1; index >= 0; index--) free.push(first + index);
  }

  function pageOf(series: number): { readonly page: Page; readonly index: number } {
    const index = series % seriesPerPage;
    const page = pages[(series - index) / seriesPerPage];
    if (page === undefined) throw new RangeError(`series ${series} was never opened`);
    return { page, index };
  }

  function said(value: number, score: number): SeriesScore {
    const { low, middle, high, unusual, since } = work.expectation;
    return { value, score, expected: { low, middle, high }, unusual, since: Number.isNaN(since) ? null : since };
  }

  function take(at: number, value: number): SeriesScore {
    const kept = Math.max(-MOST, Math.min(MOST, value));
    expectValue(work.expectation, { at, value: kept, step: work.before.step });
    return said(kept, alarms ? noveltyOf(work.novelty, kept) : 0);
  }

  function noteStep(length: number): boolean {
    if (!Number.isFinite(length)) return false;
    const { before } = work;
    const isGap = length > GAP_STEPS * before.step;
    if (isGap) interruptNovelty(work.novelty);
    else before.step = Number.isNaN(before.step) ? length : before.step + STEP_WEIGHT * (length - before.step);
    return isGap;
  }

  function score(at: number, value: number): SeriesScore {
    const { before } = work;
    if (!Number.isFinite(at) || !Number.isFinite(value) || at <= before.at) return said(Number.NaN, 0);
    const elapsed = at - before.at;
    const grown = value - before.value;
    before.at = at;
    before.value = value;
    const isGap = noteStep(elapsed);
    if (kind === 'gauge') return take(at, value);
    // Over a gap a counter may have restarted unseen; after a fall nobody knows how much was counted before it.
    return isGap || !(grown >= 0) ? said(Number.NaN, 0) : take(at, (grown * 1000) / elapsed);
  }

  return {
    open() {
      if (free.length === 0) addPage();
      const series = free.pop() as number;
      const { page, index } = pageOf(series);
      page.numbers.set(blank, index * NUMBERS_PER_SERIES);
      page.counts.fill(0, index * countsEach, (index + 1) * countsEach);
      page.means.fill(Number.NaN, index * SLOTS, (index + 1) * SLOTS);
      return series;
    },
    close(series) {
      free.push(series);
    },
    push(series, at, value) {
      const { page, index } = pageOf(series);
      unpack(work, page.numbers, index * NUMBERS_PER_SERIES);
      if (alarms) placeNovelty(work.novelty, page.counts, index * countsEach);
      work.expectation.rhythm.means = page.means;
      work.expectation.rhythm.from = index * SLOTS;
      const answer = score(at, value);
      pack(work, page.numbers, index * NUMBERS_PER_SERIES);
      return answer;
    },
    size() {
      const series = pages.length * seriesPerPage - free.length;
      return { series, bytes: series * (alarms ? BYTES_PER_SERIES : BYTES_WITHOUT_ALARMS) };
    },
  };
}
