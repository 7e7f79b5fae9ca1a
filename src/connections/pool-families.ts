/** What one series says about a connection pool. `waited-seconds` is a counter of seconds spent waiting, over all requests. */
export type PoolRole = 'used' | 'idle' | 'total' | 'max' | 'pending' | 'timeouts' | 'waited-seconds';

export interface PoolFamily {
  readonly id: string;
  /** For people. */
  readonly title: string;
  /** Labels that name the pool within a process; the first that is present counts. */
  readonly poolLabels: readonly string[];
  /** A maximum of 0 means that there is no limit (Go's database/sql). */
  readonly zeroMaxIsUnlimited?: true;
  /** Part of an RE2 pattern that selects the family's series by name. */
  readonly names: string;
  /** Null for a series of another kind. */
  roleOf(name: string, labels: Readonly<Record<string, string>>): PoolRole | null;
}

function byState(labels: Readonly<Record<string, string>>): PoolRole | null {
  const state = labels.db_client_connection_state ?? labels['db.client.connection.state'] ?? labels.state;
  return state === 'used' || state === 'idle' ? state : null;
}

function byName(roles: Readonly<Record<string, PoolRole>>): PoolFamily['roleOf'] {
  return (name) => roles[name] ?? null;
}

/** Dots are what Prometheus 3 keeps when it is told not to translate names. */
const underscored = (name: string): string => name.replaceAll('.', '_');

/**
 * Every naming of pool metrics that is understood, most telling first: when a process exports two (Spring Boot exports Hikari's and
 * jdbc's), the first one counts. Sources: OpenTelemetry semantic conventions for database clients, now and before 1.24; Micrometer's binders for HikariCP,
 * DataSource and R2DBC; client_golang's DBStatsCollector; habits of node-postgres users, whose pool has no metrics of its own.
 */
export const POOL_FAMILIES: readonly PoolFamily[] = [
  {
    id: 'otel',
    title: 'OpenTelemetry db.client.connection.*',
    poolLabels: ['db_client_connection_pool_name', 'db.client.connection.pool.name', 'pool_name'],
    names: 'db[._]client[._]connection[._](count|max|pending_requests|timeouts(_total)?)',
    roleOf(name, labels) {
      const plain = underscored(name);
      if (plain === 'db_client_connection_count') return byState(labels);
      return byName({
        db_client_connection_max: 'max',
        db_client_connection_pending_requests: 'pending',
        db_client_connection_timeouts: 'timeouts',
        db_client_connection_timeouts_total: 'timeouts',
      })(plain, labels);
    },
  },
  {
    id: 'otel-old',
    title: 'OpenTelemetry db.client.connections.* (before 1.24)',
    poolLabels: ['pool_name', 'pool.name', 'db_client_connections_pool_name'],
    names: 'db[._]client[._]connections[._](usage|max|pending_requests|timeouts(_total)?)',
    roleOf(name, labels) {
      const plain = underscored(name);
      if (plain === 'db_client_connections_usage') return byState(labels);
      return byName({
        db_client_connections_max: 'max',
        db_client_connections_pending_requests: 'pending',
        db_client_connections_timeouts: 'timeouts',
        db_client_connections_timeouts_total: 'timeouts',
      })(plain, labels);
    },
  },
  {
    id: 'hikaricp',
    title: 'HikariCP (Micrometer)',
    poolLabels: ['pool'],
    names: 'hikaricp_connections_(active|idle|max|pending|timeout_total)',
    roleOf: byName({
      hikaricp_connections_active: 'used',
      hikaricp_connections_idle: 'idle',
      hikaricp_connections_max: 'max',
      hikaricp_connections_pending: 'pending',
      hikaricp_connections_timeout_total: 'timeouts',
    }),
  },
  {
    id: 'r2dbc',
    title: 'R2DBC pool (Micrometer)',
    poolLabels: ['name'],
    names: 'r2dbc_pool_(acquired|idle|pending|max_allocated)_connections',
    roleOf: byName({
      r2dbc_pool_acquired_connections: 'used',
      r2dbc_pool_idle_connections: 'idle',
      r2dbc_pool_pending_connections: 'pending',
      r2dbc_pool_max_allocated_connections: 'max',
    }),
  },
  {
    id: 'jdbc',
    title: 'Java DataSource (Micrometer)',
    poolLabels: ['name'],
    names: 'jdbc_connections_(active|idle|max)',
    roleOf: byName({ jdbc_connections_active: 'used', jdbc_connections_idle: 'idle', jdbc_connections_max: 'max' }),
  },
  {
    id: 'go-sql',
    title: 'Go database/sql',
    poolLabels: ['db_name'],
    zeroMaxIsUnlimited: true,
    names: 'go_sql_(in_use_connections|idle_connections|max_open_connections|wait_duration_seconds_total)',
    roleOf: byName({
      go_sql_in_use_connections: 'used',
      go_sql_idle_connections: 'idle',
      go_sql_max_open_connections: 'max',
      go_sql_wait_duration_seconds_total: 'waited-seconds',
    }),
  },
  {
    id: 'pg-pool',
    title: 'node-postgres under names of its users',
    poolLabels: ['pool', 'pool_name', 'name', 'database'],
    names: '(?i:[a-z0-9_]*pg_?pool[a-z0-9_]*(total|idle|waiting|max)[a-z0-9_]*)',
    roleOf(name) {
      const rest = /^.*pg_?pool(.*)$/.exec(name.toLowerCase())?.[1];
      if (rest === undefined) return null;
      if (rest.includes('waiting')) return 'pending';
      if (rest.includes('idle')) return 'idle';
      if (rest.includes('max')) return 'max';
      // A counter's `_total` is no count of connections: pg_pool_errors_total, pg_pool_connects_total.
      return /^s?_?(clients?_|connections?_)?total(_?(count|clients|connections))?$/.test(rest) ? 'total' : null;
    },
  },
];

/** RE2 pattern of all names together. */
export const POOL_NAMES = POOL_FAMILIES.map((family) => family.names).join('|');

export function poolFamilyOf(
  name: string,
  labels: Readonly<Record<string, string>>,
): { family: PoolFamily; role: PoolRole } | null {
  for (const family of POOL_FAMILIES) {
    const role = family.roleOf(name, labels);
    if (role !== null) return { family, role };
  }
  return null;
}
