import type {
  BeforeAndNow,
  KnownPools,
  PoolWork,
  SessionsReading,
  StatementsReading,
} from '../../src/connections/index.ts';
import type { UsersState } from '../../src/workload-metrics/index.ts';

/** What holds the connections of a pool, when it is not the load. */
export interface Holder {
  readonly reason: 'connection-leak' | 'slow-query';
  readonly confidence: number;
  readonly because: readonly string[];
}

export interface Seen {
  readonly pools: KnownPools | null;
  readonly work: PoolWork;
  /** Null = no database is known for the workload, or its exporter tells nothing. */
  readonly sessions: SessionsReading | null;
  readonly statements: StatementsReading | null;
  readonly users: UsersState;
}

/** Sessions that wait for a lock: then that is the cause, and neither queries nor clients are slow by themselves. */
export const MIN_LOCK_WAITERS = 2;
/** In use for two minutes without a moment of rest. */
const HELD_SHARE = 0.9;
/** Share of the connections in use that nobody gives back. */
const LEAKED_SHARE = 0.6;
const COLLAPSED = 0.2;
const IDLE_TRANSACTION_S = 120;
const SLOWER = { ratio: 3, riseSeconds: 0.05, statementRiseSeconds: 0.02 } as const;
const SCANNING = { ratio: 5, rowsPerS: 10_000 } as const;

/** Connections that are taken and not given back; null when they work, or nothing can tell. */
export function leakOf({ pools, work, sessions, users }: Seen): Holder | null {
  if (pools === null || pools.used <= 0 || pools.usedLeast < pools.used * HELD_SHARE) return null;
  const active = sessions?.active ?? null;
  const isWorking = active !== null && active > pools.used / 2;
  if (isWorking) return null;
  const reason = 'connection-leak';
  const returned = work.returnedInUse.now;
  if (returned !== null) {
    const kept = Math.max(0, pools.used - returned);
    if (kept < pools.used * LEAKED_SHARE) return null;
    const because = [`about ${rounded(kept)} of ${pools.used} connections in use are not given back`];
    return { reason, confidence: active === null ? 0.9 : 0.95, because };
  }
  const longest = sessions?.longestTransaction ?? null;
  const inTransaction = sessions?.idleInTransaction ?? null;
  if (inTransaction !== null && inTransaction >= pools.used / 2) {
    if (longest === null || longest.seconds < IDLE_TRANSACTION_S || !longest.state.startsWith('idle')) return null;
    const because = [`${inTransaction} sessions are idle in a transaction, one for ${rounded(longest.seconds)} s`];
    return { reason, confidence: 0.8, because };
  }
  const { before, now } = work.operationsPerS;
  if (before !== null && now !== null && now <= before * COLLAPSED) {
    const busy = work.operationsUnderWay.now ?? 0;
    if (busy > pools.used * 0.3) return null;
    const because = [
      `${pools.used} connections in use, ${rounded(now)} operations/s on them, usually ${rounded(before)}`,
    ];
    return { reason, confidence: 0.8, because };
  }
  return leakByServer(pools, sessions, users);
}

/** No figures of the client but its pool: the server's sessions rest, and next to nothing gets done. */
function leakByServer(pools: KnownPools, sessions: SessionsReading | null, users: UsersState): Holder | null {
  const { ratePerS, usualRatePerS, errorShare = 0 } = users.figures;
  const active = sessions?.active ?? null;
  if (active === null || active > pools.used * COLLAPSED) return null;
  if (ratePerS === undefined || usualRatePerS === undefined) return null;
  const served = ratePerS * (1 - errorShare);
  if (served > usualRatePerS * COLLAPSED) return null;
  const because = [
    `${pools.used} connections in use, ${active} sessions active on the server, ${rounded(served)} requests/s served, usually ${rounded(usualRatePerS)}`,
  ];
  return { reason: 'connection-leak', confidence: 0.75, because };
}

/** Queries that take much longer than they did; null when they do not, or only the client says so while the server rests. */
export function slowQueryOf({ pools, work, sessions, statements }: Seen): Holder | null {
  if ((sessions?.waitingForLocks ?? 0) >= MIN_LOCK_WAITERS) return null;
  const reason = 'slow-query';
  const operations = isSlower(work.operationSeconds, SLOWER.riseSeconds);
  const holds = isSlower(work.holdSeconds, SLOWER.riseSeconds);
  const onServer = statements !== null && isSlower(statements.statementSeconds, SLOWER.statementRiseSeconds);
  const scanned = statements?.scannedRowsPerS;
  const scannedNow = scanned?.now ?? 0;
  const isScanning = scannedNow >= SCANNING.rowsPerS && scannedNow >= (scanned?.before ?? 0) * SCANNING.ratio;
  const used = pools?.used ?? null;
  const active = sessions?.active ?? 0;
  const isBusy = active >= 2 && (used === null || active >= used / 2);
  const because = [
    ...(operations ? [`operations take ${figures(work.operationSeconds)}`] : []),
    ...(holds && !operations ? [`connections are kept for ${figures(work.holdSeconds)}`] : []),
    ...(onServer ? [`statements take ${figures(statements.statementSeconds)} on the server`] : []),
    ...(isScanning && scanned
      ? [
          `${rounded(scanned.now ?? 0)} rows/s are read by scans of ${statements?.scannedTable ?? 'whole tables'}, before ${rounded(scanned.before ?? 0)}`,
        ]
      : []),
    ...(isBusy ? [`${active} sessions work on the server`] : []),
  ];
  const isShown = onServer || isScanning;
  if (operations && isShown) return { reason, confidence: 0.9, because };
  if (holds && isShown) return { reason, confidence: 0.85, because };
  // Busy sessions alone: a client that is short of CPU keeps them busy as well, and is seen to be.
  if ((operations || holds) && isBusy) return { reason, confidence: 0.75, because };
  if (onServer && (isScanning || isBusy)) return { reason, confidence: 0.8, because };
  // The server was asked and rests: what is slow lies between, or in the client.
  if (operations && sessions === null) return { reason, confidence: 0.65, because };
  return null;
}

/** Of the connections in use, so many have to be at work for the load to be what holds them. */
const WORKING_SHARE = 0.6;
const GROWN = 1.2;

/**
 * Why a waiting pool cannot be laid to the load yet; null = its connections work, and no slower than they did. A leak, a lock and a slow query
 * look like load at first, and more replicas would feed them.
 */
export function doubtOf({ pools, work, sessions, statements, users }: Seen): string | null {
  if (pools === null) return null;
  const { ratePerS, usualRatePerS, errorShare = 0 } = users.figures;
  const served = ratePerS === undefined || usualRatePerS === undefined ? null : ratePerS * (1 - errorShare);
  if ((sessions?.waitingNow ?? 0) >= MIN_LOCK_WAITERS) return `${sessions?.waitingNow} sessions wait for a lock`;
  // What comes to an end is at work. Sessions that the server calls active may wait for a lock, which older exporters do not tell.
  const byClient = [work.returnedInUse.newest, work.operationsUnderWay.newest].filter((one) => one !== null);
  const working = byClient.length > 0 ? Math.max(...byClient) : (sessions?.active ?? null);
  if (working !== null && working < pools.used * WORKING_SHARE)
    return `of ${pools.used} connections in use only ${rounded(working)} are at work: a leak or a lock would look so`;
  if (working === null && (served === null || served < (usualRatePerS ?? 0) * WORKING_SHARE))
    return 'whether its connections are at work is not told';

  const times = [work.holdSeconds, work.operationSeconds, statements?.statementSeconds ?? null];
  const known = times.filter((one) => one !== null && one.before !== null && one.newest !== null);
  const slower = known.find((one) => one !== null && isSlower({ ...one, now: one.newest }, SLOWER.riseSeconds));
  // A server that rests is not what makes its clients slow.
  const active = sessions?.active ?? null;
  const mayBeServer = active === null || active >= pools.used / 2;
  if (slower && mayBeServer)
    return `connections are busy for ${figures({ ...slower, now: slower.newest })}: a lock or a slow query would look so`;
  if (known.length > 0 || (served !== null && served >= (usualRatePerS ?? 0) * GROWN)) return null;
  return 'how long its connections were busy before is not known';
}

function isSlower({ before, now }: Compared, riseSeconds: number): boolean {
  return before !== null && now !== null && now >= before * SLOWER.ratio && now - before >= riseSeconds;
}

type Compared = Pick<BeforeAndNow, 'before' | 'now'>;

function figures({ before, now }: Compared): string {
  return `${rounded(now ?? 0)} s, before ${rounded(before ?? 0)} s`;
}

function rounded(value: number): number {
  return Number(value.toPrecision(2));
}
