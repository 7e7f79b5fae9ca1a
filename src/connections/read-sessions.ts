import { promqlString } from '../domain/workload-series.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import type { Points } from '../workload-metrics/index.ts';
import {
  addInto,
  finitePoints,
  lastValue,
  medianOf,
  trailingRates,
  valuesWithin,
  wholeSecond,
} from '../workload-metrics/index.ts';
import type { DatabaseServer } from './read-database-server.ts';
import type { ConnectionsContext } from './read-pools.ts';

/** What the sessions of a database server do, by its exporter. `null` = not told; never zero. */
export interface SessionsReading {
  readonly kind: 'postgres' | 'mysql';
  /** Sessions that wait for a lock: the median of the last 45 seconds. */
  readonly waitingForLocks: number | null;
  /** The same at the newest moment. */
  readonly waitingNow: number | null;
  /** Locks of mode AccessExclusiveLock for the whole of the last 90 seconds: the least count of them. */
  readonly exclusiveLocks: number | null;
  /** Sessions that run a statement, waiting ones left out. */
  readonly active: number | null;
  readonly idle: number | null;
  readonly idleInTransaction: number | null;
  /** The longest transaction that is open, with what PostgreSQL knows of the session; seconds. */
  readonly longestTransaction: {
    readonly seconds: number;
    readonly state: string;
    readonly database: string;
    readonly user: string;
    readonly application: string;
  } | null;
  /** Waits for row locks that begin, per second (MySQL). */
  readonly rowLockWaitsPerS: number | null;
  readonly queries: readonly string[];
}

const WINDOW_MS = 300_000;
const STEP_MS = 15_000;
const RECENT_MS = 90_000;
/** Whoever waits for a lock fills the pools of its clients within seconds: this has to be told before somebody scales out for that. */
const WAITS_MS = 45_000;

/** postgres_exporter, now and with the names of its older queries; mysqld_exporter. */
const NAMES = [
  'pg_stat_activity_count',
  'pg_stat_activity_max_tx_duration',
  'pg_locks_count',
  'mysql_global_status_innodb_row_lock_current_waits',
  'mysql_global_status_innodb_row_lock_waits',
  'mysql_global_status_threads_running',
];
const KEEP = [
  '__name__',
  'job',
  'instance',
  'datname',
  'state',
  'mode',
  'wait_event_type',
  'usename',
  'application_name',
];

export function sessionsQuery(database: DatabaseServer): string {
  const matchers = Object.entries(database.matchers).map(([label, value]) => `${label}=${promqlString(value)}`);
  const inside = [`__name__=~"${NAMES.join('|')}"`, 'backend_type=~"|client backend"', 'mode=~"|accessexclusivelock"'];
  // Beside wait_event_type there are wait_event and usename: what is the same otherwise is one number.
  return `sum by (${KEEP.join(', ')}) ({${[...inside, ...matchers].join(',')}})`;
}

/** Reads in one query what the sessions of a server wait for and how long they are open; null when no exporter tells. */
export async function readSessions(database: DatabaseServer, ctx: ConnectionsContext): Promise<SessionsReading | null> {
  if (Object.keys(database.matchers).length === 0) return null;
  const at = wholeSecond(ctx.now());
  const query = sessionsQuery(database);
  const answer = await ctx.metrics.range(query, at - WINDOW_MS, at, STEP_MS);
  const fresh = answer.series.filter((one) => lastValue(finitePoints(one), at) !== null);
  const servers = new Set(fresh.map(({ labels }) => `${labels.job ?? ''} ${labels.instance ?? ''}`));
  // Two servers under one name are unknown, not added up.
  if (servers.size !== 1) return null;
  const isMysql = fresh.some(({ labels }) => labels.__name__?.startsWith('mysql_'));
  const reading = isMysql ? readMysql(answer.series, at) : readPostgres(answer.series, at);
  return { ...reading, queries: [query] };
}

type Reading = Omit<SessionsReading, 'queries'>;

function readPostgres(series: readonly RangeSeries[], at: number): Reading {
  const counts = series.filter(({ labels }) => labels.__name__ === 'pg_stat_activity_count');
  // The exporter before 0.11 does not tell what sessions wait for.
  const tellsWaits = counts.some(({ labels }) => (labels.wait_event_type ?? '') !== '');
  const waits = ({ labels }: RangeSeries) => labels.wait_event_type === 'Lock';
  const countOf = (which: (one: RangeSeries) => boolean) => recentCount(counts.filter(which), counts, at);
  return {
    kind: 'postgres',
    waitingForLocks: tellsWaits ? recentCount(counts.filter(waits), counts, at, WAITS_MS) : null,
    waitingNow: tellsWaits ? recentCount(counts.filter(waits), counts, at, STEP_MS) : null,
    exclusiveLocks: leastCount(
      series.filter(({ labels }) => labels.__name__ === 'pg_locks_count'),
      at,
    ),
    active: countOf((one) => one.labels.state === 'active' && !waits(one)),
    idle: countOf((one) => one.labels.state === 'idle'),
    idleInTransaction: countOf((one) => (one.labels.state ?? '').startsWith('idle in transaction')),
    longestTransaction: longestOf(series, at),
    rowLockWaitsPerS: null,
  };
}

function readMysql(series: readonly RangeSeries[], at: number): Reading {
  const named = (name: string) => series.filter(({ labels }) => labels.__name__ === `mysql_global_status_${name}`);
  const waits = totalOf(named('innodb_row_lock_waits'));
  const current = named('innodb_row_lock_current_waits');
  const running = named('threads_running');
  return {
    kind: 'mysql',
    waitingForLocks: recentCount(current, current, at, WAITS_MS),
    waitingNow: recentCount(current, current, at, STEP_MS),
    exclusiveLocks: null,
    active: recentCount(running, running, at),
    idle: null,
    idleInTransaction: null,
    longestTransaction: null,
    rowLockWaitsPerS: medianOf(valuesWithin(trailingRates(waits, 60_000), at - RECENT_MS, at)),
  };
}

/** A state in which no session is has no series: zero is known where the metric as a whole is there. */
function recentCount(
  of: readonly RangeSeries[],
  all: readonly RangeSeries[],
  at: number,
  recentMs = RECENT_MS,
): number | null {
  const total = totalOf(of);
  const moments = [...totalOf(all).keys()].filter((when) => when > at - recentMs && when <= at);
  return medianOf(moments.map((when) => total.get(when) ?? 0));
}

function leastCount(of: readonly RangeSeries[], at: number): number | null {
  const values = valuesWithin(totalOf(of), at - RECENT_MS, at);
  return values.length === 0 ? null : Math.min(...values);
}

function totalOf(series: readonly RangeSeries[]): Points {
  const total: Points = new Map();
  for (const one of series) addInto(total, finitePoints(one));
  return total;
}

function longestOf(series: readonly RangeSeries[], at: number): SessionsReading['longestTransaction'] {
  const durations = series
    .filter(({ labels }) => labels.__name__ === 'pg_stat_activity_max_tx_duration')
    .flatMap((one) => {
      const { labels } = one;
      const seconds = lastValue(finitePoints(one), at);
      return seconds === null || labels.wait_event_type === 'Lock' ? [] : [{ seconds, labels }];
    });
  const [longest] = durations.toSorted((a, b) => b.seconds - a.seconds);
  if (longest === undefined) return null;
  const { seconds, labels } = longest;
  return {
    seconds,
    state: labels.state ?? '',
    database: labels.datname ?? '',
    user: labels.usename ?? '',
    application: labels.application_name ?? '',
  };
}
