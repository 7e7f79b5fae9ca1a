import type { Database } from './database.ts';

export interface PoolOptions {
  user: string;
  database: Database;
  max: number;
  /** Connections that are kept open however idle. */
  minIdle: number;
  /** How long a request waits for a connection before it fails. */
  connectionTimeoutMs: number;
  idleTimeoutMs: number;
  /** A connection that is older closes when it is next free, as many pools do to follow a moved server. */
  maxLifetimeMs: number;
}

/** `start` and `end` of the use of a connection, or how and when the wish for one failed. */
export type Checkout =
  | { outcome: 'used'; startMs: number; endMs: number }
  | { outcome: 'timed-out' | 'refused'; endMs: number };

export interface Pool {
  /** Calls come in order of arrival. */
  checkOut(arrivalMs: number, holdMs: number): Checkout;
  closeIdle(nowMs: number): void;
  state(nowMs: number): { used: number; idle: number; waiting: number };
  /** The process ends: its connections close. */
  destroy(): void;
}

interface Connection {
  bornMs: number;
  freeAtMs: number;
}

const CONNECT_MS = 5;
// What the server needs to say that it has no slot left.
const REFUSAL_MS = 4;

/**
 * A connection pool, first come, first served. Each connection is known by when it becomes free, which gives every
 * waiting time exactly (Kiefer and Wolfowitz, On the theory of queues with many servers, 1955).
 */
export function createPool(options: PoolOptions): Pool {
  const { user, database, max, connectionTimeoutMs } = options;
  let connections: Connection[] = [];
  let waits: { fromMs: number; toMs: number }[] = [];

  const open = (freeAtMs: number): Connection | undefined => {
    if (!database.open(user)) return undefined;
    const connection = { bornMs: freeAtMs, freeAtMs };
    connections.push(connection);
    return connection;
  };
  const use = (connection: Connection, startMs: number, holdMs: number): Checkout => {
    connection.freeAtMs = startMs + holdMs;
    return { outcome: 'used', startMs, endMs: connection.freeAtMs };
  };

  return {
    checkOut(arrivalMs, holdMs) {
      // The one used last, so that the others can go idle.
      let idle: Connection | undefined;
      let soonest: Connection | undefined;
      for (const connection of connections) {
        const { freeAtMs } = connection;
        if (freeAtMs <= arrivalMs && (idle === undefined || freeAtMs > idle.freeAtMs)) idle = connection;
        if (soonest === undefined || freeAtMs < soonest.freeAtMs) soonest = connection;
      }
      if (idle !== undefined) return use(idle, arrivalMs, holdMs);
      if (connections.length < max || soonest === undefined) {
        const fresh = open(arrivalMs);
        if (fresh === undefined) return { outcome: 'refused', endMs: arrivalMs + REFUSAL_MS };
        return use(fresh, arrivalMs + CONNECT_MS, holdMs);
      }
      const toMs = Math.min(soonest.freeAtMs, arrivalMs + connectionTimeoutMs);
      waits.push({ fromMs: arrivalMs, toMs });
      if (toMs < soonest.freeAtMs) return { outcome: 'timed-out', endMs: toMs };
      return use(soonest, soonest.freeAtMs, holdMs);
    },
    closeIdle(nowMs) {
      waits = waits.filter((wait) => wait.toMs > nowMs);
      const close = (connection: Connection): void => {
        connections = connections.filter((other) => other !== connection);
        database.close(user);
      };
      for (const connection of connections) {
        if (connection.freeAtMs <= nowMs && connection.bornMs <= nowMs - options.maxLifetimeMs) close(connection);
      }
      const idleFirst = [...connections].sort((a, b) => a.freeAtMs - b.freeAtMs);
      for (const connection of idleFirst) {
        if (connections.length <= options.minIdle || connection.freeAtMs > nowMs - options.idleTimeoutMs) break;
        close(connection);
      }
      while (connections.length < options.minIdle && open(nowMs) !== undefined);
    },
    state(nowMs) {
      const used = connections.filter((connection) => connection.freeAtMs > nowMs).length;
      const waiting = waits.filter((wait) => wait.fromMs <= nowMs && wait.toMs > nowMs).length;
      return { used, idle: connections.length - used, waiting };
    },
    destroy() {
      for (const _ of connections) database.close(user);
      connections = [];
    },
  };
}
