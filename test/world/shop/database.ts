import type { Faults } from './faults.ts';
import type { ShopLog } from './log.ts';
import { errorCode, errorFields } from './log.ts';
import type { DatabaseMetrics, PoolCounts } from './metrics.ts';

export interface PoolClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
  /** `true` throws the connection away instead of giving it back. */
  release(destroy?: boolean): void;
}

/** The part of a node-postgres Pool that the shop uses; tests pass their own. */
export interface DatabasePool extends PoolCounts {
  connect(): Promise<PoolClient>;
  end(): Promise<void>;
}

/** A connection beside the pool, for the fault `idleConnections`. `onLost` is called once if the server ends it. */
export interface HeldConnection {
  close(): Promise<void>;
}
export type OpenConnection = (onLost: (error: Error) => void) => Promise<HeldConnection>;

export interface Database {
  query(text: string, values: unknown[], traceId: string): Promise<unknown[]>;
  holdIdleConnections(count: number): Promise<void>;
  readonly heldConnections: number;
  readonly leakedClients: number;
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  pool: DatabasePool;
  openConnection: OpenConnection;
  metrics: DatabaseMetrics;
  log: ShopLog;
  faults: () => Faults;
  connectionTimeoutMs: number;
  queryMs: number;
  sleep: (ms: number) => Promise<void>;
  /** Monotonic milliseconds. */
  clock: () => number;
}

/** Timers may fire a little early against the monotonic clock. */
const timerSlackMs = 5;

export function createDatabase(options: DatabaseOptions): Database {
  const { pool, metrics, log, faults, clock } = options;
  const leaked: PoolClient[] = [];
  const held = new Set<HeldConnection>();
  let uses = 0;
  let holding: Promise<void> = Promise.resolve();

  async function takeClient(traceId: string): Promise<PoolClient> {
    const startedMs = clock();
    try {
      const client = await pool.connect();
      metrics.observeWait((clock() - startedMs) / 1000);
      return client;
    } catch (error) {
      const code = errorCode(error);
      // The pool's own time-outs carry no code; a refusal by the server or the system always does.
      if (code !== undefined) metrics.countError(code);
      else if (clock() - startedMs >= options.connectionTimeoutMs - timerSlackMs) metrics.countTimeout();
      else metrics.countError('unknown');
      log.error(
        { 'trace.id': traceId, 'event.duration': Math.round((clock() - startedMs) * 1e6), ...errorFields(error) },
        'no database connection',
      );
      throw error;
    }
  }

  async function query(text: string, values: unknown[], traceId: string): Promise<unknown[]> {
    const client = await takeClient(traceId);
    const startedMs = clock();
    uses += 1;
    const { leakEvery } = faults();
    const leaks = leakEvery > 0 && uses % leakEvery === 0;
    let broken = false;
    try {
      if (options.queryMs > 0) await client.query('select pg_sleep($1)', [options.queryMs / 1000]);
      const { rows } = await client.query(text, values);
      const { poolHoldMs } = faults();
      if (poolHoldMs > 0) await options.sleep(poolHoldMs);
      return rows;
    } catch (error) {
      const code = errorCode(error);
      metrics.countError(code ?? 'unknown');
      // Without a code the connection itself went; classes 08 and 57 say so too.
      broken = code === undefined || /^(08|57|E)/.test(code);
      log.error({ 'trace.id': traceId, ...errorFields(error) }, 'query failed');
      throw error;
    } finally {
      if (leaks && !broken) leaked.push(client);
      else {
        client.release(broken);
        metrics.observeUse((clock() - startedMs) / 1000);
      }
    }
  }

  async function adjustHeld(count: number): Promise<void> {
    for (const connection of [...held].slice(count)) {
      held.delete(connection);
      await connection.close();
    }
    while (held.size < count) {
      let opened: HeldConnection | undefined;
      let isLost = false;
      try {
        opened = await options.openConnection((error) => {
          isLost = true;
          if (opened !== undefined) held.delete(opened);
          log.warn(errorFields(error), 'held connection was ended by the server');
        });
      } catch (error) {
        // The server is full: that may be the very purpose, so what was opened stays.
        metrics.countError(errorCode(error) ?? 'unknown');
        log.warn(errorFields(error), 'no further connection could be held');
        return;
      }
      if (!isLost) held.add(opened);
    }
  }

  function holdIdleConnections(count: number): Promise<void> {
    // One change after the other, or two of them would each open the full number.
    holding = holding.then(() => adjustHeld(count));
    return holding;
  }

  return {
    query,
    holdIdleConnections,
    get heldConnections() {
      return held.size;
    },
    get leakedClients() {
      return leaked.length;
    },
    async stop() {
      await holdIdleConnections(0);
      for (const client of leaked.splice(0)) client.release(true);
      await pool.end();
    },
  };
}
