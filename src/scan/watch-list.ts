import type { WorkloadView } from '../ports/cluster.ts';
import {
  createEpisodeState,
  createSeriesBank,
  type EpisodeOptions,
  type EpisodeState,
  pushEpisode,
  type SeriesBank,
  type SeriesScore,
} from '../series/index.ts';
import { INDICATOR_IDS, INDICATORS, type Indicator, type IndicatorId, type Indicators } from './indicators.ts';
import type { ScanChange } from './scan.ts';
import { summaryOf } from './summary.ts';

/** What is raised and not resolved yet. */
export interface Raised {
  readonly uid: string;
  readonly indicator: IndicatorId;
  readonly direction: 'high' | 'low';
  readonly occurrence: string;
  readonly since: number;
}

/** What an earlier process raised is resolved after so many usual values. */
const RESOLVE_AFTER = 8;
/** Fewer failed requests within a window neither raise nor resolve anything. */
const LEAST_FAILURES = 10;
/** With fewer, a second value that is worse may be another handful: it has to last. */
const TELLING_FAILURES = 20;
/** A workload that is not seen for so long is forgotten. */
const FORGET_AFTER_MS = 60 * 60_000;

const FEW_FAILURES: EpisodeOptions = { ...INDICATORS.failed.trouble, opensByGrowth: false };

interface Series {
  readonly bank: SeriesBank;
  /** Its place in the bank. */
  readonly place: number;
  readonly episode: EpisodeState;
}

interface Followed {
  readonly series: (Series | undefined)[];
  seenAt: number;
}

export interface WatchList {
  take(workload: WorkloadView, values: Indicators, moment: Moment): readonly ScanChange[];
  resume(open: readonly Raised[]): void;
  forget(seen: ReadonlySet<string>, at: number): void;
  /** Series followed with the bytes of their state, and those refused since the last question for want of room. */
  size(): { readonly series: number; readonly stateBytes: number; readonly refused: number };
}

export interface Moment {
  readonly at: number;
  /** Over which the rates of requests were taken. */
  readonly windowMs: number;
}

/** Follows every indicator of every workload by the scorer of series and the rule of episodes: what becomes an episode is raised. */
export function createWatchList(limits: { readonly maxSeries: number; readonly minRatePerS: number }): WatchList {
  const followed = new Map<string, Followed>();
  const raised = new Map<string, { readonly open: Raised; usual: number }>();
  const judged = createSeriesBank();
  /** What is never raised is only told of; what stands still needs no alarm. */
  const told = createSeriesBank({ alarms: false });
  const banks = INDICATOR_IDS.map((id) => {
    const { trouble, isStill = false }: Indicator = INDICATORS[id];
    return trouble === null || isStill ? told : judged;
  });
  let refused = 0;

  function seriesOf(one: Followed, index: number): Series | null {
    const known = one.series[index];
    if (known !== undefined) return known;
    const bank = banks[index];
    if (bank === undefined || judged.size().series + told.size().series >= limits.maxSeries) {
      refused += 1;
      return null;
    }
    const fresh = { bank, place: bank.open(), episode: createEpisodeState() };
    one.series[index] = fresh;
    return fresh;
  }

  /** Shares, means and quantiles say something where enough requests flow. */
  function isMeasured(id: IndicatorId, { rate = 0 }: Indicators, { windowMs }: Moment): boolean {
    const { minRequests } = INDICATORS[id];
    return minRequests === 0 || (rate >= limits.minRatePerS && (rate * windowMs) / 1000 >= minRequests);
  }

  /** A few failures are learnt, so that they are usual where they come every day, but are no trouble, whatever their share. Null: not judged. */
  function ruleOf(id: IndicatorId, { rate = 0, failed = 0 }: Indicators, { windowMs }: Moment): EpisodeOptions | null {
    const { trouble } = INDICATORS[id];
    if (id !== 'failed' || failed === 0) return trouble;
    const failures = (failed * rate * windowMs) / 1000;
    if (failures < LEAST_FAILURES) return null;
    return failures < TELLING_FAILURES ? FEW_FAILURES : trouble;
  }

  function changeOf(
    one: Omit<ScanChange, 'status' | 'direction' | 'occurrence' | 'since' | 'summary'>,
    { episode }: Series,
    rule: EpisodeOptions,
    { score, at }: { readonly score: SeriesScore; readonly at: number },
  ): Omit<ScanChange, 'summary'> | null {
    const { uid } = one.workload.subject;
    const key = `${uid}|${one.indicator}`;
    const change = pushEpisode(episode, rule, at, score);
    const before = raised.get(key);
    if (change?.change === 'opened') {
      if (before !== undefined) return null;
      const { direction, since } = change.episode;
      const occurrence = `scan|${key}|${new Date(at).toISOString()}`;
      raised.set(key, { open: { uid, indicator: one.indicator, direction, occurrence, since }, usual: 0 });
      return { ...one, status: 'firing', direction, occurrence, since };
    }
    if (before === undefined) return null;
    // An earlier process raised it: there is no episode that could end.
    const isUsual = episode.suspected === null && Number.isFinite(score.expected.low);
    before.usual = isUsual ? before.usual + 1 : 0;
    if (change === null && before.usual < RESOLVE_AFTER) return null;
    raised.delete(key);
    const { direction, occurrence, since } = before.open;
    return { ...one, status: 'resolved', direction, occurrence, since };
  }

  return {
    take(workload, values, moment) {
      const { uid } = workload.subject;
      const one = followed.get(uid) ?? { series: [], seenAt: moment.at };
      one.seenAt = moment.at;
      const changes: Omit<ScanChange, 'summary'>[] = [];
      const scores: Partial<Record<IndicatorId, SeriesScore>> = {};
      for (const [index, indicator] of INDICATOR_IDS.entries()) {
        const value = values[indicator];
        // No value is no news: a gap, a failed scrape or a restart neither raises nor resolves.
        if (value === undefined || !isMeasured(indicator, values, moment)) continue;
        const series = seriesOf(one, index);
        if (series === null) continue;
        followed.set(uid, one);
        const score = series.bank.push(series.place, moment.at, value);
        scores[indicator] = score;
        const rule = ruleOf(indicator, values, moment);
        if (rule === null) continue;
        const change = changeOf({ workload, indicator }, series, rule, { score, at: moment.at });
        if (change !== null) changes.push(change);
      }
      return changes.map((change) => ({ ...change, summary: summaryOf(change, scores) }));
    },
    resume(open) {
      for (const one of open) raised.set(`${one.uid}|${one.indicator}`, { open: one, usual: 0 });
    },
    forget(seen, at) {
      for (const [uid, { series, seenAt }] of followed) {
        if (seen.has(uid) || at - seenAt < FORGET_AFTER_MS) continue;
        followed.delete(uid);
        for (const one of series) one?.bank.close(one.place);
        for (const indicator of INDICATOR_IDS) raised.delete(`${uid}|${indicator}`);
      }
    },
    size() {
      const [one, other] = [judged.size(), told.size()];
      const answer = { series: one.series + other.series, stateBytes: one.bytes + other.bytes, refused };
      refused = 0;
      return answer;
    },
  };
}
