import { isHaleError } from '../domain/errors.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import { BYTES_PER_SERIES } from './baseline.ts';
import type { IndicatorId } from './indicators.ts';
import { indicatorsOf } from './indicators.ts';
import { type Discovered, discoveredIn, discoveryQuery, scanQueries } from './queries.ts';
import { readParts } from './read-parts.ts';
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
}

export interface ScanOptions {
  readonly metrics: Pick<MetricsReader, 'instant'>;
  readonly cluster: Pick<ClusterReader, 'workloadOfPod' | 'workload' | 'workloads'>;
  /** Window of rates, in PromQL. */
  readonly window: string;
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
  run(at: number, signal: AbortSignal): Promise<ScanReport>;
}

/** Which families exist is asked again after so long. */
const DISCOVER_EVERY_MS = 5 * 60_000;

/** Reads every workload's indicators in a handful of questions, and says which became unusual. Keeps no answer, only three numbers per series. */
export function createScan(options: ScanOptions): Scan {
  const list = createWatchList({ maxSeries: options.maxSeries, minRatePerS: options.minRatePerS });
  let discovered: { readonly at: number; readonly what: Discovered } | null = null;

  async function discover(at: number, signal: AbortSignal): Promise<Discovered> {
    if (discovered !== null && at - discovered.at < DISCOVER_EVERY_MS) return discovered.what;
    const { series } = await options.metrics.instant(discoveryQuery(), at, { signal });
    const what = discoveredIn(new Set(series.flatMap(({ labels }) => labels.__name__ ?? [])));
    // Nothing found may be a server that has just begun to scrape: asked again at once.
    discovered = what.names.size === 0 ? null : { at, what };
    return what;
  }

  return {
    resume: (open) => list.resume(open),
    async run(at, signal) {
      let what: Discovered;
      try {
        what = await discover(at, signal);
      } catch (error) {
        if (!isHaleError(error)) throw error;
        if (discovered === null)
          return nothingRead(error.code === 'metrics-limit' ? 'too-many-series' : 'not-answered');
        what = discovered.what;
      }
      const read = await readParts(scanQueries(what, options.window), {
        metrics: options.metrics,
        cluster: options.cluster,
        at,
        maxSeries: options.maxAnswerSeries,
        signal,
      });
      const changes: ScanChange[] = [];
      for (const { workload, parts } of read.workloads.values())
        changes.push(...list.take(workload, indicatorsOf(parts), at));
      list.forget(new Set(read.workloads.keys()), at);
      const { series, refused } = list.size();
      return {
        changes,
        queries: read.queries + 1,
        workloads: read.workloads.size,
        series,
        stateBytes: series * BYTES_PER_SERIES,
        left: [
          ...read.left.map(({ query, why }) => ({ what: query, why })),
          ...(refused > 0 ? [{ what: `${refused} series`, why: 'too-many-series' as const }] : []),
        ],
      };
    },
  };

  function nothingRead(why: 'too-many-series' | 'not-answered'): ScanReport {
    return { changes: [], queries: 1, workloads: 0, series: 0, stateBytes: 0, left: [{ what: 'discovery', why }] };
  }
}
