import type { Subject } from '../domain/subject.ts';
import type { Points, WorkloadSeries } from '../workload-metrics/index.ts';
import {
  addInto,
  lastValue,
  medianOf,
  named,
  otelNamed,
  readSeries,
  trailingRates,
  usualOf,
  valuesWithin,
} from '../workload-metrics/index.ts';
import type { ConnectionsContext } from './read-pools.ts';

/** A figure now and before the incident; null = not told. */
export interface BeforeAndNow {
  readonly before: number | null;
  /** The median of the last minute and a half: what lasts. */
  readonly now: number | null;
  /** The newest value: what may only have begun. */
  readonly newest: number | null;
}

/** What the connections of a workload's pools are used for, as its own metrics tell; seconds, and per second. */
export interface PoolWork {
  /** Connections given back per second, and how long each was kept. */
  readonly returnsPerS: BeforeAndNow;
  readonly holdSeconds: BeforeAndNow;
  /** Connections in use at a time by those that are given back, by Little's law. What is in use beyond them is not given back. */
  readonly returnedInUse: BeforeAndNow;
  readonly operationsPerS: BeforeAndNow;
  readonly operationSeconds: BeforeAndNow;
  /** Operations under way at a time, by Little's law. */
  readonly operationsUnderWay: BeforeAndNow;
  readonly queries: readonly string[];
}

const BACK_MS = 40 * 60_000;
const STEP_MS = 15_000;
/** Short, because what holds the connections has to be told before somebody acts; a scrape interval of a minute still gives a rate. */
const RATE_MS = 60_000;
const RECENT_MS = 90_000;
const MS = 0.001;

/** OpenTelemetry's database clients, now and before 1.24; Micrometer's HikariCP, Spring Data and MongoDB driver. All counters. */
const NAMINGS = [
  ...otelNamed('returns', ['db_client_connection_use_time_seconds_count', 'db_client_connection_use_time_count']),
  ...otelNamed('held', ['db_client_connection_use_time_seconds_sum', 'db_client_connection_use_time_sum']),
  ...otelNamed('returns', [
    'db_client_connections_use_time_milliseconds_count',
    'db_client_connections_use_time_count',
  ]),
  ...otelNamed('held', ['db_client_connections_use_time_milliseconds_sum', 'db_client_connections_use_time_sum'], MS),
  ...named('returns', ['hikaricp_connections_usage_seconds_count']),
  ...named('held', ['hikaricp_connections_usage_seconds_sum']),
  ...otelNamed('operations', ['db_client_operation_duration_seconds_count', 'db_client_operation_duration_count']),
  ...otelNamed('operating', ['db_client_operation_duration_seconds_sum', 'db_client_operation_duration_sum']),
  ...named('operations', ['spring_data_repository_invocations_seconds_count', 'mongodb_driver_commands_seconds_count']),
  ...named('operating', ['spring_data_repository_invocations_seconds_sum', 'mongodb_driver_commands_seconds_sum']),
] as const;
type Role = (typeof NAMINGS)[number]['role'];

/** Reads it in one query over the last 40 minutes; `since` (Unix ms) is when the incident began. */
export async function readPoolWork(subject: Subject, since: number, ctx: ConnectionsContext): Promise<PoolWork> {
  const window = { backMs: BACK_MS, stepMs: STEP_MS, summed: true };
  const { query, series, at } = await readSeries(subject, NAMINGS, window, ctx);
  const figure = (points: Points): BeforeAndNow => ({
    before: usualOf(points, { from: at - BACK_MS, since, at }),
    now: medianOf(valuesWithin(points, at - RECENT_MS, at)),
    newest: lastValue(points, at),
  });
  const rateOf = (role: Role) => totalRate(firstNamed(series, role));
  const [returns, held, operations, operating] = [
    rateOf('returns'),
    rateOf('held'),
    rateOf('operations'),
    rateOf('operating'),
  ];
  return {
    returnsPerS: figure(returns),
    holdSeconds: figure(ratio(held, returns)),
    returnedInUse: figure(held),
    operationsPerS: figure(operations),
    operationSeconds: figure(ratio(operating, operations)),
    operationsUnderWay: figure(operating),
    queries: [query],
  };
}

/** Of several namings of one thing the first that is there: they would count it twice. */
function firstNamed(series: readonly WorkloadSeries<Role>[], role: Role): readonly WorkloadSeries<Role>[] {
  const own = series.filter((one) => one.role === role);
  return own.filter((one) => one.name === own[0]?.name);
}

function totalRate(series: readonly WorkloadSeries<Role>[]): Points {
  const total: Points = new Map();
  for (const one of series) addInto(total, trailingRates(one.points, RATE_MS));
  return total;
}

function ratio(part: Points, whole: Points): Points {
  return new Map(
    [...part].flatMap(([when, value]) => (whole.get(when) ? [[when, value / (whole.get(when) ?? 1)]] : [])),
  );
}
