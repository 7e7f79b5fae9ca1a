import { isHaleError } from '../domain/errors.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { IndicatorId } from './indicators.ts';
import { indicatorsOf, notReadyOf } from './indicators.ts';
import { intervalsOf, PACE_QUERY, type PaceOptions, paceOf, scanEveryMs } from './pace.ts';
import { createPartsTable } from './parts-table.ts';
import {
  countedBy,
  type Discovered,
  discoveredIn,
  discoveryQuery,
  type Pace,
  type ScanQuery,
  scanQueries,
} from './queries.ts';
import { readParts, type ScanCluster } from './read-parts.ts';
import { createWatchList, type Raised } from './watch-list.ts';

/** An indicator of a workload that became unusual, or usual again. */
export interface ScanChange {
  readonly status: 'firing' | 'resolved';
  readonly workload: WorkloadView;
  readonly indicator: IndicatorId;
  readonly direction: 'high' | 'low';
  /** One occurrence: both changes of it share the text. */
  readonly occurrence: string;
  readonly since: number;
  /** In plain words: value, what was expected, how unusual. */
  readonly summary: string;
}

export interface ScanReport {
  readonly changes: readonly ScanChange[];
  readonly queries: number;
  readonly workloads: number;
  readonly series: number;
  readonly stateBytes: number;
  /** Families, questions or series that could not be followed, in words for the log; empty = nothing was left out. */
  readonly left: readonly { readonly what: string; readonly why: 'too-many-series' | 'not-answered' }[];
  /** When the next scan is worth while. */
  readonly nextInMs: number;
}

export interface ScanOptions extends PaceOptions {
  readonly metrics: Pick<MetricsReader, 'instant'>;
  readonly cluster: ScanCluster;
  /** Most series of one answer. */
  readonly maxAnswerSeries: number;
  /** Most series that are followed: workloads times indicators. */
  readonly maxSeries: number;
  /** Requests per second below which failures and durations are not judged. */
  readonly minRatePerS: number;
}

export interface Scan {
  /** What was raised by an earlier process and is still open. */
  resume(open: readonly Raised[]): void;
  /** How far apart scans are worth while, as far as is known at that moment. */
  everyMs(at: number, signal: AbortSignal): Promise<number>;
  /** Moments in order of time. A moment of the past is read for what was usual then: only for workloads whose pods were all there. */
  run(at: number, signal: AbortSignal, when?: 'now' | 'past'): Promise<ScanReport>;
}

/** Which families exist, and how often each is scraped, is asked again after so long. */
const DISCOVER_EVERY_MS = 5 * 60_000;
const PACE_EVERY_MS = 60_000;
/** Of a question's own interval: scans do not fall on scrapes exactly. */
const DUE_SHARE = 0.9;
const RETRY_MS = 15_000;

/** Reads every workload's indicators in a handful of questions, and says which became unusual. Keeps no answer, only the state of each series. */
export function createScan(options: ScanOptions): Scan {
  const table = createPartsTable();
  const list = createWatchList({ maxSeries: options.maxSeries, minRatePerS: options.minRatePerS });
  const asked = new Map<string, number>();
  /** Of workloads whose past is read. */
  const newestPod = new Map<string, number>();
  let discovered: { readonly at: number; readonly what: Discovered } | null = null;
  let intervals: { readonly at: number; readonly byJob: ReadonlyMap<string, number> } | null = null;

  async function discover(at: number, signal: AbortSignal): Promise<Discovered> {
    const isOld = (one: { readonly at: number } | null, ms: number) => one === null || at - one.at >= ms;
    const limits = { maxSeries: options.maxAnswerSeries, signal };
    if (isOld(intervals, PACE_EVERY_MS)) {
      const { series } = await options.metrics.instant(PACE_QUERY, at, limits);
      intervals = { at, byJob: intervalsOf(series) };
    }
    if (discovered !== null && !isOld(discovered, DISCOVER_EVERY_MS)) return discovered.what;
    const what = discoveredIn((await options.metrics.instant(discoveryQuery(), at, limits)).series);
    // Nothing found may be a server that has just begun to scrape: asked again at once.
    discovered = what.names.size === 0 ? null : { at, what };
    return what;
  }

  /** The reason why, where nothing was ever discovered. */
  async function whatIsThere(
    at: number,
    signal: AbortSignal,
  ): Promise<Discovered | 'too-many-series' | 'not-answered'> {
    try {
      return await discover(at, signal);
    } catch (error) {
      if (!isHaleError(error)) throw error;
      return discovered?.what ?? (error.code === 'metrics-limit' ? 'too-many-series' : 'not-answered');
    }
  }

  function paceNow(what: Discovered): Pace {
    return paceOf(what, intervals?.byJob ?? new Map(), options);
  }

  function dueAt(queries: readonly ScanQuery[], at: number): readonly ScanQuery[] {
    const due = queries.filter(
      ({ id, everyMs }) => at - (asked.get(id) ?? Number.NEGATIVE_INFINITY) >= DUE_SHARE * everyMs,
    );
    for (const { id } of due) asked.set(id, at);
    return due;
  }

  return {
    resume: (open) => list.resume(open),
    async everyMs(at, signal) {
      const what = await whatIsThere(at, signal);
      return typeof what === 'string' ? RETRY_MS : scanEveryMs(what, paceNow(what), options);
    },
    async run(at, signal, when = 'now') {
      const what = await whatIsThere(at, signal);
      if (typeof what === 'string') return nothingRead(what);
      const pace = paceNow(what);
      const read = await readParts(dueAt(scanQueries(what, pace), at), table, {
        metrics: options.metrics,
        cluster: options.cluster,
        at,
        maxSeries: options.maxAnswerSeries,
        signal,
      });
      if (when === 'now') newestPod.clear();
      const changes: ScanChange[] = [];
      const windowMs = Math.max(0, ...what.servers.map((one) => pace.windowMs(countedBy(one))));
      const unread = new Set(read.left.flatMap(({ query }) => query.partOf({}) ?? []));
      const seen = new Set<string>();
      table.each((workload, parts) => {
        seen.add(workload.subject.uid);
        if (when === 'past' && isYoung(workload, at)) return;
        const ready = when === 'past' ? {} : notReadyOf(options.cluster.workload(workload.subject) ?? workload);
        changes.push(...list.take(workload, { ...indicatorsOf(parts, unread), ...ready }, { at, windowMs }));
      });
      // Who measures nothing, or has no pod left that could, is followed all the same: Kubernetes tells.
      for (const workload of when === 'past' ? [] : options.cluster.workloads()) {
        if (seen.has(workload.subject.uid)) continue;
        seen.add(workload.subject.uid);
        changes.push(...list.take(workload, notReadyOf(workload), { at, windowMs }));
      }
      list.forget(seen, at);
      const { series, stateBytes, refused } = list.size();
      return {
        changes,
        queries: read.queries + 2,
        workloads: table.size,
        series,
        stateBytes,
        left: [
          ...read.left.map(({ query, why }) => ({ what: query.id, why })),
          ...(refused > 0 ? [{ what: `${refused} series`, why: 'too-many-series' as const }] : []),
        ],
        nextInMs: scanEveryMs(what, pace, options),
      };
    },
  };

  /** The pods that are no more are not known either, and without them the past looks smaller than it was. */
  function isYoung({ subject }: WorkloadView, at: number): boolean {
    const newest =
      newestPod.get(subject.uid) ?? Math.max(0, ...options.cluster.podsOf(subject).map(({ createdAt }) => createdAt));
    newestPod.set(subject.uid, newest);
    return newest > at;
  }

  function nothingRead(why: 'too-many-series' | 'not-answered'): ScanReport {
    const left = [{ what: 'discovery', why }];
    return { changes: [], queries: 2, workloads: 0, series: 0, stateBytes: 0, left, nextInMs: RETRY_MS };
  }
}
