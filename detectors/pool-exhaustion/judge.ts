import type { KnownPools, PoolReading, ServerReading } from '../../src/connections/index.ts';
import { freeConnections } from '../../src/connections/index.ts';

/** The database server behind a workload's pools, as far as it is known. `declared`: by configuration; `assumed`: it is the only one. */
export type ServerView =
  | { readonly link: 'declared' | 'assumed'; readonly database: string; readonly reading: ServerReading }
  | { readonly link: 'none'; readonly why: string };

export interface Thresholds {
  readonly minWaitingShare: number;
  readonly fullShare: number;
}

export interface Judgement {
  readonly reason: 'connection-pool-waiting' | 'database-connections-exhausted';
  readonly confidence: number;
  /** What it was seen by, and what is open. */
  readonly because: readonly string[];
}

/** What the client side shows. */
interface Waiting {
  readonly confidence: number;
  readonly because: string;
}

/**
 * Tells waiting in the client's pool from refusal by the server; null when neither shows. A server that refuses, is full or cannot be reached never
 * leads to `connection-pool-waiting`: more replicas would ask it for more connections.
 */
export function judge(pools: PoolReading, server: ServerView, thresholds: Thresholds): Judgement | null {
  const waiting = pools.known ? waitingOf(pools, thresholds) : null;
  const refused = pools.refusedPerS ?? 0;
  const reading = server.link === 'none' ? null : server.reading;

  if (refused > 0) return refusedByServer(refused, reading, thresholds);
  if (reading?.known && isFull(reading, thresholds)) return fullServer(pools, waiting, server);
  if (waiting === null) return null;
  if (reading && !reading.known && reading.unreachable) {
    return { reason: 'database-connections-exhausted', confidence: 0.5, because: [waiting.because, reading.why] };
  }
  return waitingForPool(waiting, server);
}

function waitingOf(pools: KnownPools, { minWaitingShare }: Thresholds): Waiting | null {
  const [worst] = pools.pools;
  if (worst === undefined) return null;
  const timeouts = worst.timeoutsPerS ?? 0;
  const isWaiting = worst.waitingShare !== null && worst.waitingShare > 0 && worst.waitingShare >= minWaitingShare;
  const isSaturated = worst.saturatedShare !== null && worst.saturatedShare >= 0.5;
  const use =
    worst.max === null ? `${worst.used} connections in use` : `${worst.used} of ${worst.max} connections in use`;
  const timedOut = timeouts > 0 ? `, ${rounded(timeouts)} time-outs/s` : '';
  const wait = worst.pendingMean === null ? '' : `, ${rounded(worst.pendingMean)} requests waiting`;
  const because = `${use}${wait}${timedOut}`;

  if (isWaiting && isSaturated) return { confidence: 0.95, because };
  if (isWaiting && worst.max === null) return { confidence: 0.75, because };
  // The pool may open more, yet requests wait: connections cannot be opened, or are slow to.
  if (isWaiting) return { confidence: 0.5, because: `${because} although the pool is not full` };
  if (timeouts > 0) return { confidence: isSaturated ? 0.85 : 0.5, because };
  // Full for the whole minute, and the metrics cannot tell whether anybody waits.
  if (worst.waitingShare === null && worst.saturatedShare === 1) return { confidence: 0.5, because };
  return null;
}

function isFull(server: Extract<ServerReading, { known: true }>, { fullShare }: Thresholds): boolean {
  const usable = server.maxConnections - server.reservedConnections;
  return server.usedConnections >= usable * fullShare || (server.refusedPerS ?? 0) > 0;
}

function refusedByServer(refused: number, reading: ServerReading | null, thresholds: Thresholds): Judgement {
  const because = [`the database refused ${rounded(refused)} connections/s for want of room`];
  const reason = 'database-connections-exhausted';
  if (!reading?.known) return { reason, confidence: 0.85, because };
  if (isFull(reading, thresholds)) return { reason, confidence: 0.97, because: [...because, shownServer(reading)] };
  // A limit of one role or one database refuses while the server has room.
  return {
    reason,
    confidence: 0.8,
    because: [...because, `${shownServer(reading)}: see whether a limit of the role or of the database refuses`],
  };
}

function fullServer(pools: PoolReading, waiting: Waiting | null, server: ServerView): Judgement | null {
  if (server.link === 'none' || !server.reading.known) return null;
  const because = [shownServer(server.reading)];
  const reason = 'database-connections-exhausted';
  if (waiting)
    return { reason, confidence: server.link === 'declared' ? 0.95 : 0.9, because: [waiting.because, ...because] };
  // Nobody waits on the client's side: it concerns this workload only if it uses that server.
  if (server.link === 'declared') return { reason, confidence: 0.7, because };
  return pools.known ? { reason, confidence: 0.6, because } : null;
}

function waitingForPool(waiting: Waiting, server: ServerView): Judgement {
  const reason = 'connection-pool-waiting';
  if (server.link === 'none')
    return { reason, confidence: weakened(waiting, 0.65), because: [waiting.because, server.why] };
  const { reading } = server;
  if (!reading.known) return { reason, confidence: weakened(waiting, 0.65), because: [waiting.because, reading.why] };
  const assumed =
    server.link === 'assumed'
      ? `, assumed to be its database because ${server.database} is the only one that is known`
      : '';
  return {
    reason,
    confidence: weakened(waiting, server.link === 'assumed' ? 0.95 : 1),
    because: [waiting.because, `${shownServer(reading)}${assumed}`],
  };
}

function weakened(waiting: Waiting, factor: number): number {
  return Number((waiting.confidence * factor).toFixed(2));
}

function shownServer(server: Extract<ServerReading, { known: true }>): string {
  const usable = server.maxConnections - server.reservedConnections;
  return `${server.kind} has ${server.usedConnections} of ${usable} usable connections open, ${Math.max(0, freeConnections(server))} free`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
