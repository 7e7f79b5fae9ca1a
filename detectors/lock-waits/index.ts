import type { DatabaseLink, SessionsReading } from '../../src/connections/index.ts';
import { databaseOf, readSessions } from '../../src/connections/index.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { readUsers } from '../../src/workload-metrics/index.ts';
import { LockWaitsConfig } from './schema.ts';

export const lockWaits = defineDetector<LockWaitsConfig>({
  id: 'lock-waits',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['connections', 'latency'],
  config: LockWaitsConfig,
  async detect(incident, config, ctx) {
    if (config.databases.length === 0) return [];
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const asked = new Set<string>();
    const findings: Finding[] = [];
    for (const { subject } of [incident.workload, ...callees]) {
      const link = databaseOf(subject, config.databases);
      // Told once for each database, on the workload that is nearest to the incident.
      if (link.link === 'none' || asked.has(link.database.name)) continue;
      asked.add(link.database.name);
      const sessions = await readSessions(link.database, ctx);
      const waiting = sessions && judge(sessions, link, config);
      if (!sessions || !waiting) continue;
      const users = await readUsers(incident, ctx);
      if (users.state === 'well') continue;
      const { name } = link.database;
      findings.push({
        id: ctx.newId(),
        detector: 'lock-waits',
        reason: 'lock-waits',
        subject,
        confidence: waiting.confidence,
        summary: `${subjectName(subject)}: database ${name}: ${waiting.because.join('; ')}; ${users.because}`,
        figures: { ...figuresOf(sessions), ...users.figures },
        evidence: [...sessions.queries, ...users.queries].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
        mend: MEND[sessions.kind],
      });
    }
    return findings;
  },
});

function judge(
  sessions: SessionsReading,
  { link }: Exclude<DatabaseLink, { link: 'none' }>,
  config: LockWaitsConfig,
): { confidence: number; because: readonly string[] } | null {
  const { waitingForLocks, exclusiveLocks, active } = sessions;
  const longest =
    sessions.longestTransaction && sessions.longestTransaction.seconds >= config.minTransactionSeconds
      ? [longestText(sessions.longestTransaction)]
      : [];
  if (waitingForLocks !== null) {
    if (waitingForLocks < config.minWaiting) return null;
    const because = [`${waitingForLocks} sessions wait for a lock`, ...longest];
    return { confidence: link === 'declared' ? 0.95 : 0.9, because };
  }
  // An exporter that does not tell who waits: a lock that shuts everybody out, held for long, while sessions pile up.
  const isShutOut = (exclusiveLocks ?? 0) > 0 && longest.length > 0 && (active ?? 0) >= config.minWaiting;
  if (!isShutOut) return null;
  return { confidence: 0.6, because: ['an AccessExclusiveLock is held', `${active} sessions are active`, ...longest] };
}

function longestText(longest: NonNullable<SessionsReading['longestTransaction']>): string {
  const who = [longest.user, longest.application].filter((part) => part !== '').join(', ');
  const state = longest.state === '' ? '' : `, ${longest.state}`;
  return `the longest transaction is open for ${Math.round(longest.seconds)} s${state}${who === '' ? '' : ` (${who})`}`;
}

function figuresOf(sessions: SessionsReading): Record<string, number> {
  const { waitingForLocks, exclusiveLocks, active, idleInTransaction, rowLockWaitsPerS } = sessions;
  const longestTransactionSeconds = sessions.longestTransaction?.seconds ?? null;
  const told = {
    waitingForLocks,
    exclusiveLocks,
    active,
    idleInTransaction,
    longestTransactionSeconds,
    rowLockWaitsPerS,
  };
  return Object.fromEntries(Object.entries(told).filter((entry): entry is [string, number] => entry[1] !== null));
}

/** Who holds the lock is not in any metric: the statement that tells, and the one that ends it. */
const MEND: Readonly<Record<SessionsReading['kind'], string>> = {
  postgres: [
    'SELECT pid, usename, application_name, state, now() - xact_start AS open_for, left(query, 80) AS query FROM pg_stat_activity',
    "  WHERE pid IN (SELECT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity WHERE wait_event_type = 'Lock') ORDER BY xact_start;",
    'SELECT pg_terminate_backend(PID);  -- the first of them, when it may be ended',
  ].join('\n'),
  mysql: [
    'SELECT blocking_pid, blocking_query, wait_age, locked_table FROM sys.innodb_lock_waits ORDER BY wait_started;',
    'KILL BLOCKING_PID;  -- the first of them, when it may be ended',
  ].join('\n'),
};
