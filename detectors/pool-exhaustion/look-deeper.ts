import type { DatabaseLink, PoolReading, SessionsReading } from '../../src/connections/index.ts';
import { readPoolWork, readSessions, readStatements } from '../../src/connections/index.ts';
import { commandText } from '../../src/domain/command-text.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { readUsers } from '../../src/workload-metrics/index.ts';
import type { Judgement } from './judge.ts';
import type { Holder, Seen } from './tell-apart.ts';
import { doubtOf, leakOf, MIN_LOCK_WAITERS, slowQueryOf } from './tell-apart.ts';

export interface Deeper {
  /** Null = the load holds the connections, or nothing can tell. */
  readonly holder: Holder | null;
  /** Why the waiting cannot be laid to the load yet; null = it can, or nothing waits. */
  readonly doubt: string | null;
  /** Sessions of the database wait for locks: no matter for the pool, and more replicas would make it worse. */
  readonly locked: boolean;
  readonly figures: Readonly<Record<string, number>>;
  readonly queries: readonly string[];
  readonly mend: string | null;
}

/**
 * What holds the connections: a leak, slow queries, or the load. One query; up to six more where requests wait, or take longer than they did.
 */
export async function lookDeeper(
  given: {
    readonly workload: WorkloadView;
    readonly since: number;
    readonly pools: PoolReading;
    readonly judgement: Judgement | null;
    readonly link: DatabaseLink;
  },
  ctx: ReadContext,
): Promise<Deeper> {
  const { workload, since, judgement, link } = given;
  const pools = given.pools.known ? given.pools : null;
  const work = await readPoolWork(workload.subject, since, ctx);
  const isSlower = [work.operationSeconds, work.holdSeconds].some(
    ({ before, now }) => before !== null && now !== null && now > before * 2,
  );
  const none: Deeper = { holder: null, doubt: null, locked: false, figures: {}, queries: [], mend: null };
  if (judgement === null && !isSlower) return none;

  const database = link.link === 'none' ? null : link.database;
  const sessions = database && (await readSessions(database, ctx));
  const locked = (sessions?.waitingForLocks ?? 0) >= MIN_LOCK_WAITERS;
  if (locked) return { ...none, locked };
  const statements = database && sessions && (await readStatements(database, since, ctx));
  const isTold = work.returnedInUse.now !== null && work.holdSeconds.before !== null;
  const users = isTold
    ? ({ state: 'unmeasured', because: '', figures: {}, queries: [] } as const)
    : await readUsers({ workload, since }, ctx);

  const seen: Seen = { pools, work, sessions, statements, users };
  const holder = (judgement === null ? null : leakOf(seen)) ?? slowQueryOf(seen);
  const queries = [work, sessions, statements, users].flatMap((reading) => reading?.queries ?? []);
  const doubt = judgement === null || holder !== null ? null : doubtOf(seen);
  return {
    holder,
    doubt,
    locked,
    figures: figuresOf(seen),
    queries,
    mend: holder && mendOf(holder, workload, sessions),
  };
}

function figuresOf({ work, sessions, statements }: Seen): Record<string, number> {
  const told = {
    returnsPerS: work.returnsPerS.now,
    holdSeconds: work.holdSeconds.now,
    usualHoldSeconds: work.holdSeconds.before,
    operationSeconds: work.operationSeconds.now,
    usualOperationSeconds: work.operationSeconds.before,
    statementSeconds: statements?.statementSeconds.now ?? null,
    usualStatementSeconds: statements?.statementSeconds.before ?? null,
    scannedRowsPerS: statements?.scannedRowsPerS.now ?? null,
    activeSessions: sessions?.active ?? null,
    idleInTransaction: sessions?.idleInTransaction ?? null,
  };
  return Object.fromEntries(Object.entries(told).filter((entry): entry is [string, number] => entry[1] !== null));
}

function mendOf({ reason }: Holder, { subject }: WorkloadView, sessions: SessionsReading | null): string {
  if (reason === 'connection-leak') {
    const object = `${subject.kind.toLowerCase()}/${subject.name}`;
    return commandText('kubectl', '-n', subject.namespace, 'rollout', 'restart', object);
  }
  if (sessions?.kind === 'mysql') {
    return 'SELECT digest_text, avg_timer_wait, sum_rows_examined FROM performance_schema.events_statements_summary_by_digest ORDER BY sum_timer_wait DESC LIMIT 5;';
  }
  return [
    'SELECT calls, mean_exec_time, rows, left(query, 120) AS query FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 5;',
    'EXPLAIN (ANALYZE, BUFFERS) QUERY;  -- then an index on what it filters by: CREATE INDEX CONCURRENTLY',
  ].join('\n');
}
