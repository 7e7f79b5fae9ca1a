import type { InstantSample } from '../ports/metrics.ts';
import { countedBy, type Discovered, type Pace } from './queries.ts';

/** How often each job is scraped, by how often its targets told that they are up in the last minute; the busiest target, for others may be new. */
export const PACE_QUERY = 'max by (job) (count_over_time(up[1m]))';
const COUNTED_MS = 60_000;

/** Who pushes has no `up`; OpenTelemetry's exporters push once a minute. */
const PUSHED_MS = 60_000;
/** Where series name no job at all, or nobody is scraped as far as is known. */
const UNKNOWN_MS = 15_000;
const LEAST_MS = 1_000;
const MOST_MS = 120_000;
/** A rate over four scrapes stands one that fails and one that comes late. */
const SCRAPES_IN_WINDOW = 4;
/** Scans are no closer and no further apart. */
const SCAN_MS = { least: 2_000, most: 60_000 } as const;

export interface PaceOptions {
  /** Set by the operator; otherwise found out. */
  readonly windowMs?: number | undefined;
  readonly intervalMs?: number | undefined;
}

/** Intervals of jobs in ms, from the answer to `PACE_QUERY`. */
export function intervalsOf(answer: readonly InstantSample[]): ReadonlyMap<string, number> {
  return new Map(
    answer
      .filter(({ value }) => value >= 1)
      .map(({ labels, value }) => [labels['job'] ?? '', Math.max(LEAST_MS, COUNTED_MS / value)]),
  );
}

/** The pace of every name: that of the slowest job it comes from, for a rate needs two scrapes within its window. */
export function paceOf(
  { names }: Pick<Discovered, 'names'>,
  intervals: ReadonlyMap<string, number>,
  { windowMs }: PaceOptions,
): Pace {
  const everyMs = (name: string): number => {
    const each = [...(names.get(name) ?? [])].map(
      (job) => intervals.get(job) ?? (job === '' || intervals.size === 0 ? UNKNOWN_MS : PUSHED_MS),
    );
    return each.length === 0 ? UNKNOWN_MS : Math.min(MOST_MS, Math.max(...each));
  };
  return { everyMs, windowMs: (name) => windowMs ?? SCRAPES_IN_WINDOW * everyMs(name) };
}

/** A scan for each scrape of what serves requests, the quickest of them. */
export function scanEveryMs(discovered: Discovered, pace: Pace, { intervalMs }: PaceOptions): number {
  if (intervalMs !== undefined) return intervalMs;
  const each = discovered.servers.map((one) => pace.everyMs(countedBy(one)));
  if (each.length === 0) return UNKNOWN_MS;
  return Math.round(Math.max(SCAN_MS.least, Math.min(SCAN_MS.most, ...each)));
}
