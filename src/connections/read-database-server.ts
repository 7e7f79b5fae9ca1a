import { promqlString } from '../domain/workload-series.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import type { Points } from '../workload-metrics/index.ts';
import { addInto, finitePoints, ratePerS, sumKnown, wholeSecond } from '../workload-metrics/index.ts';
import type { ConnectionsContext } from './read-pools.ts';

/** Which series of the exporters belong to which server: exact label values that select one server. */
export interface DatabaseServer {
  readonly name: string;
  readonly matchers: Readonly<Record<string, string>>;
}

export interface KnownServer {
  readonly known: true;
  readonly kind: 'postgres' | 'mysql' | 'pgbouncer';
  readonly maxConnections: number;
  /** Kept for superusers and privileged roles. */
  readonly reservedConnections: number;
  /** Open now, all clients. */
  readonly usedConnections: number;
  /** Connections that the server says it refused for want of room; null when it does not count them. */
  readonly refusedPerS: number | null;
  /** Clients that a pooler lets wait; null when the server is no pooler. */
  readonly waitingClients: number | null;
  readonly at: number;
  readonly queries: readonly string[];
}

export interface UnknownServer {
  readonly known: false;
  readonly why: string;
  /** The exporter answers but cannot reach the server: it may be down, or full. */
  readonly unreachable: boolean;
  readonly queries: readonly string[];
}

export type ServerReading = KnownServer | UnknownServer;

const WINDOW_MS = 120_000;
const STEP_MS = 15_000;

interface ServerFamily {
  readonly kind: KnownServer['kind'];
  readonly up: string;
  readonly max: string;
  readonly reserved: readonly string[];
  /** What is taken as reserved when the exporter does not tell: too much rather than too little. */
  readonly reservedUntold: number;
  /** Each name is a full count of its own; the largest counts. Within a name values are added up. */
  readonly used: readonly (readonly string[])[];
  readonly refused?: string;
  readonly waiting?: string;
}

/**
 * postgres_exporter, mysqld_exporter, pgbouncer_exporter.
 * An exporter without the right to see other users' sessions counts them too low in pg_stat_activity, never in pg_stat_database.
 * MySQL keeps one connection for an administrator on top of max_connections, so none is taken off. Of PgBouncer it is what clients meet:
 * its own limit of clients.
 */
const FAMILIES: readonly ServerFamily[] = [
  {
    kind: 'pgbouncer',
    up: 'pgbouncer_up',
    max: 'pgbouncer_config_max_client_connections',
    reserved: [],
    reservedUntold: 0,
    used: [['pgbouncer_pools_client_active_connections', 'pgbouncer_pools_client_waiting_connections']],
    waiting: 'pgbouncer_pools_client_waiting_connections',
  },
  {
    kind: 'postgres',
    up: 'pg_up',
    max: 'pg_settings_max_connections',
    // reserved_connections exists since PostgreSQL 16.
    reserved: ['pg_settings_superuser_reserved_connections', 'pg_settings_reserved_connections'],
    // The default of superuser_reserved_connections.
    reservedUntold: 3,
    used: [['pg_stat_activity_count'], ['pg_stat_database_numbackends']],
  },
  {
    kind: 'mysql',
    up: 'mysql_up',
    max: 'mysql_global_variables_max_connections',
    reserved: [],
    reservedUntold: 0,
    used: [['mysql_global_status_threads_connected']],
    refused: 'mysql_global_status_connection_errors_total',
  },
];

const NAMES = [
  ...new Set(
    FAMILIES.flatMap((family) =>
      [family.up, family.max, ...family.reserved, ...family.used.flat(), family.refused ?? []].flat(),
    ),
  ),
].join('|');

export function serverQuery(database: DatabaseServer): string {
  const matchers = Object.entries(database.matchers).map(([label, value]) => `${label}=${promqlString(value)}`);
  // Sessions of other backend types take no connection; label `error` splits the refusals of MySQL by cause. Where a label is absent, "" matches.
  const inside = [`__name__=~"${NAMES}"`, 'backend_type=~"|client backend"', 'error=~"|max_connections"', ...matchers];
  return `sum by (__name__, job, instance) ({${inside.join(',')}})`;
}

/**
 * Reads how many connections a database server takes and has, in one query. The matchers must select one server: two instances under
 * them are unknown, not added up. Errors of the metrics reader pass through.
 */
export async function readDatabaseServer(database: DatabaseServer, ctx: ConnectionsContext): Promise<ServerReading> {
  const at = wholeSecond(ctx.now());
  const query = serverQuery(database);
  const unknown = (why: string, unreachable = false): UnknownServer => ({
    known: false,
    why,
    unreachable,
    queries: [query],
  });
  if (Object.keys(database.matchers).length === 0) {
    return unknown(
      `database ${database.name} has no matchers; write the labels of its exporter's series, like job: postgres`,
    );
  }

  const answer = await ctx.metrics.range(query, at - WINDOW_MS, at, STEP_MS);
  const series = answer.series.filter((one) => finitePoints(one).has(at));
  for (const family of FAMILIES) {
    const own = series.filter((one) => namesOf(family).has(one.labels.__name__ ?? ''));
    if (own.length === 0) continue;
    const instances = [...new Set(own.map((one) => `${one.labels.job ?? ''} ${one.labels.instance ?? ''}`.trim()))];
    if (instances.length > 1) {
      return unknown(
        `the matchers of database ${database.name} select ${instances.length} servers (${instances.join(', ')}); add a label that tells them apart`,
      );
    }
    return readFamily(family, { database, own, at, query, unknown });
  }
  return unknown(`no series of an exporter has the labels of database ${database.name} now`);
}

function namesOf(family: ServerFamily): ReadonlySet<string> {
  return new Set([
    family.up,
    family.max,
    ...family.reserved,
    ...family.used.flat(),
    ...(family.refused ? [family.refused] : []),
  ]);
}

interface FamilyReading {
  readonly database: DatabaseServer;
  readonly own: readonly RangeSeries[];
  readonly at: number;
  readonly query: string;
  readonly unknown: (why: string, unreachable?: boolean) => UnknownServer;
}

function readFamily(family: ServerFamily, { database, own, at, query, unknown }: FamilyReading): ServerReading {
  const points = new Map<string, Points>();
  for (const one of own) {
    const name = one.labels.__name__ ?? '';
    const held = points.get(name) ?? new Map<number, number>();
    addInto(held, finitePoints(one));
    points.set(name, held);
  }
  const valueOf = (name: string): number | null => points.get(name)?.get(at) ?? null;

  if (valueOf(family.up) === 0) {
    return unknown(
      `the exporter of database ${database.name} cannot reach the server (${family.up} is 0): it is down, or full`,
      true,
    );
  }
  const maxConnections = valueOf(family.max);
  if (maxConnections === null || maxConnections <= 0) {
    return unknown(`${family.max} is not exported for database ${database.name}`);
  }
  const counts = family.used.map((names) => names.map(valueOf)).filter((values) => !values.includes(null));
  if (counts.length === 0) {
    return unknown(`none of ${family.used.flat().join(', ')} is exported for database ${database.name}`);
  }
  return {
    known: true,
    kind: family.kind,
    maxConnections,
    reservedConnections: sumKnown(family.reserved.map(valueOf)) ?? family.reservedUntold,
    usedConnections: Math.max(
      ...counts.map((values) => values.reduce<number>((total, value) => total + (value ?? 0), 0)),
    ),
    refusedPerS: family.refused ? ratePerS(points.get(family.refused) ?? new Map()) : null,
    waitingClients: family.waiting ? valueOf(family.waiting) : null,
    at,
    queries: [query],
  };
}

/** Connections that ordinary clients may still open; negative when reserved ones are taken too. */
export function freeConnections(server: KnownServer): number {
  return server.maxConnections - server.reservedConnections - server.usedConnections;
}
