import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** prom-client's own default buckets, written out because dashboards and rules rely on the upper end of 10 s. */
const durationBucketsS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface PoolCounts {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
}

export type ShopMetrics = ReturnType<typeof createMetrics>;

/** One registry per process part, so that several services can run side by side in one test. */
export function createMetrics(service = 'unknown', release = 'unknown') {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'shop_build_info',
    help: 'Always 1; says which release runs.',
    labelNames: ['service', 'version'] as const,
    registers,
  }).set({ service, version: release }, 1);
  return {
    registry,
    serverDuration: new Histogram({
      name: 'http_request_duration_seconds',
      help: "Duration of users' requests; probes, scrapes and fault switches are left out.",
      labelNames: ['method', 'route', 'status_code'] as const,
      buckets: durationBucketsS,
      registers,
    }),
    clientDuration: new Histogram({
      name: 'http_client_request_duration_seconds',
      help: 'Duration of calls to other services; status_code is 0 when no answer came.',
      labelNames: ['method', 'server_address', 'status_code'] as const,
      buckets: durationBucketsS,
      registers,
    }),
  };
}

export type DatabaseMetrics = ReturnType<typeof createDatabaseMetrics>;

/** Pool figures under the names of OpenTelemetry's semantic conventions for database clients, in their Prometheus form. */
export function createDatabaseMetrics(registry: Registry, pool: PoolCounts, poolName: string, poolMax: number) {
  const registers = [registry];
  const named = { db_client_connection_pool_name: poolName };
  const labelNames = ['db_client_connection_pool_name'] as const;
  const connectionCount = new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections of the pool by state.',
    labelNames: ['db_client_connection_pool_name', 'db_client_connection_state'] as const,
    registers,
    collect() {
      this.set({ ...named, db_client_connection_state: 'idle' }, pool.idleCount);
      this.set({ ...named, db_client_connection_state: 'used' }, pool.totalCount - pool.idleCount);
    },
  });
  const connectionMax = new Gauge({
    name: 'db_client_connection_max',
    help: 'Most connections that the pool may open.',
    labelNames,
    registers,
  });
  connectionMax.set(named, poolMax);
  const pendingRequests = new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Requests that wait for a connection of the pool at this moment.',
    labelNames,
    registers,
    collect() {
      this.set(named, pool.waitingCount);
    },
  });
  const timeouts = new Counter({
    name: 'db_client_connection_timeouts_total',
    help: 'Requests that got no connection within the time limit.',
    labelNames,
    registers,
  });
  // A series that appears only with its first event hides that event from rate().
  timeouts.inc(named, 0);
  const waitTime = new Histogram({
    name: 'db_client_connection_wait_time_seconds',
    help: 'Time until the pool gave a connection.',
    labelNames,
    buckets: durationBucketsS,
    registers,
  });
  const useTime = new Histogram({
    name: 'db_client_connection_use_time_seconds',
    help: 'Time between taking a connection and giving it back.',
    labelNames,
    buckets: durationBucketsS,
    registers,
  });
  const errors = new Counter({
    name: 'db_client_errors_total',
    help: "Errors by the server's SQLSTATE, or by the system's error name where the server was not reached.",
    labelNames: ['code'] as const,
    registers,
  });
  errors.inc({ code: '53300' }, 0);
  return {
    connectionCount,
    connectionMax,
    pendingRequests,
    countTimeout: () => timeouts.inc(named),
    observeWait: (seconds: number) => waitTime.observe(named, seconds),
    observeUse: (seconds: number) => useTime.observe(named, seconds),
    countError: (code: string) => errors.inc({ code }),
  };
}
