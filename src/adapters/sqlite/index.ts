import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { HaleError, isHaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { LogCounts } from '../../ports/log-counts.ts';
import type { LogStore } from '../../ports/log-store.ts';
import type { Store } from '../../ports/store.ts';
import { createCommitQueue } from './commit-queue.ts';
import { type Database, integerOf, wrapDatabase } from './database.ts';
import { encodeChange } from './encode.ts';
import { removeHolder, storeLocked, writeHolder } from './lock.ts';
import { createLogReads } from './log-counts.ts';
import { createLogTables } from './logs.ts';
import { APPLICATION_ID, migrate } from './migrations.ts';
import { createPruning } from './prune.ts';
import { createReads } from './read.ts';
import { isLockedByAnother, isOutage, toHaleError } from './sqlite-errors.ts';

export interface SqliteStoreOptions {
  readonly path: string;
  readonly clock: Clock;
  /** How long to wait for another process to let go of the store. It blocks: only at start. */
  readonly lockTimeoutMs?: number;
  /** The database file grows no larger than this; then it counts as full. */
  readonly maxBytes?: number;
  /** Changes that may wait to be stored; more are refused as `overloaded`. */
  readonly maxWaitingChanges?: number;
  /** Rows written in one transaction, give or take one change. */
  readonly maxRowsPerGroup?: number;
}

const PAGE_BYTES = 4096;
// 16 MiB of write-ahead log between checkpoints: fewer stalls than the default 4 MiB, and still little to replay.
const CHECKPOINT_PAGES = 4096;
const LOG_BYTES_KEPT = 64 * 1024 * 1024;
/** A probe must find room for this much: enough for the commits of a tick. */
const PROBE_BYTES = 256 * 1024;
const PROBE_EVERY_MS = 1_000;
const KINDS_OF_ROWS = ['incident', 'obligation', 'signal', 'evidence', 'audit', 'intent', 'approval'] as const;

/** The store, and the counts of log events that live in the same file. */
export interface SqliteStore extends Store {
  readonly logs: LogStore;
  readonly logCounts: LogCounts;
}

/**
 * The embedded store: one file, one process, every commit on disk before it is answered.
 * Throws `store-locked`, `store-schema-newer`, or `store-unavailable` when the file cannot be used.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock } = options;
  const db = openDatabase(options);
  const reads = createReads(db);
  const prune = createPruning(db);
  let closed = false;
  // When the store last proved unable to write; null while it can.
  let outageSeenAt: number | null = null;
  const onOutage = (): void => {
    outageSeenAt = clock.now();
  };
  const queue = createCommitQueue({
    db,
    clock,
    path,
    maxWaiting: options.maxWaitingChanges ?? 10_000,
    maxRowsPerGroup: options.maxRowsPerGroup ?? 250,
    onOutage,
  });

  function whileOpen<T>(doing: string, work: () => T): T {
    if (closed) throw new HaleError('store-unavailable', `${doing}: store ${path} is closed`);
    try {
      return work();
    } catch (error) {
      throw toHaleError(error, path, doing);
    }
  }

  function probe(): boolean {
    try {
      // Two transactions, so that the room is really taken before it is given back.
      db.run('INSERT OR REPLACE INTO probe (one, filling) VALUES (1, zeroblob(?))', PROBE_BYTES);
      db.run('DELETE FROM probe');
      return true;
    } catch (error) {
      if (isOutage(error)) return false;
      throw error;
    }
  }

  /** Writes at once, in a transaction of its own; an outage counts as one of the store. */
  function whileWritable<T>(doing: string, work: () => T): T {
    return whileOpen(doing, () => {
      try {
        return work();
      } catch (error) {
        if (isOutage(error)) onOutage();
        throw error;
      }
    });
  }

  return {
    ...asyncReads(reads, whileOpen),
    logs: asyncLogs(createLogTables(db), whileOpen, whileWritable),
    logCounts: asyncLogCounts(createLogReads(db), whileOpen),
    async commit(change) {
      return queue.add(whileOpen('commit', () => encodeChange(change)));
    },
    async writable() {
      return whileOpen('writable', () => {
        if (outageSeenAt === null) return true;
        if (clock.now() - outageSeenAt < PROBE_EVERY_MS) return false;
        outageSeenAt = probe() ? null : clock.now();
        return outageSeenAt === null;
      });
    },
    async prune(now, caps, maxRows) {
      return whileWritable('prune', () => prune(now, caps, maxRows));
    },
    async size() {
      return whileOpen('size', () => ({
        rows: Object.fromEntries(
          KINDS_OF_ROWS.map((kind) => [kind, integerOf(db.get(`SELECT count(*) AS rows FROM ${kind}`) ?? {}, 'rows')]),
        ),
        bytes: bytesOf(path) + bytesOf(`${path}-wal`),
      }));
    },
    async close() {
      if (closed) return;
      queue.flush();
      closed = true;
      removeHolder(path);
      db.close();
    },
  };
}

type Guard = <T>(doing: string, work: () => T) => T;

function asyncLogCounts(reads: ReturnType<typeof createLogReads>, whileOpen: Guard): LogCounts {
  return {
    heard: async (...asked) => whileOpen('log events heard', () => reads.heard(...asked)),
    troubles: async (...asked) => whileOpen('log troubles', () => reads.troubles(...asked)),
    samplesOf: async (...asked) => whileOpen('log samples of an owner', () => reads.samplesOf(...asked)),
  };
}

function asyncLogs(logs: ReturnType<typeof createLogTables>, whileOpen: Guard, whileWritable: Guard): LogStore {
  return {
    commit: async (change) => whileWritable('commit of log counts', () => logs.commit(change)),
    position: async (source) => whileOpen('log position', () => logs.position(source)),
    seen: async (source) => whileOpen('log ids', () => logs.seen(source)),
    receipts: async (source) => whileOpen('log receipts', () => logs.receipts(source)),
    counts: async (filter) => whileOpen('log counts', () => logs.counts(filter)),
    patterns: async (limit) => whileOpen('log patterns', () => logs.patterns(limit)),
    samples: async (patternId, limit) => whileOpen('log samples', () => logs.samples(patternId, limit)),
    prune: async (now, caps, maxRows) => whileWritable('prune logs', () => logs.prune(now, caps, maxRows)),
  };
}

/** Reads answer from the one connection: between two turns it holds what is committed, and nothing else. */
function asyncReads(
  reads: ReturnType<typeof createReads>,
  whileOpen: Guard,
): Omit<Store, 'commit' | 'writable' | 'prune' | 'size' | 'close'> {
  return {
    incident: async (id) => whileOpen('incident', () => reads.incident(id)),
    obligation: async (id) => whileOpen('obligation', () => reads.obligation(id)),
    incidents: async (filter) => whileOpen('incidents', () => reads.incidents(filter)),
    leaderOf: async (causeKey) => whileOpen('leaderOf', () => reads.leaderOf(causeKey)),
    followersOf: async (incidentId, limit) => whileOpen('followersOf', () => reads.followersOf(incidentId, limit)),
    obligations: async (filter) => whileOpen('obligations', () => reads.obligations(filter)),
    due: async (now, limit) => whileOpen('due', () => reads.due(now, limit)),
    nextWakeAt: async (after) => whileOpen('nextWakeAt', () => reads.nextWakeAt(after)),
    intakeView: async (query) => whileOpen('intakeView', () => reads.intakeView(query)),
    inbox: async (id, after, limit) => whileOpen('inbox', () => reads.inbox(id, after, limit)),
    inboxHeads: async (id, after, limit) => whileOpen('inboxHeads', () => reads.inboxHeads(id, after, limit)),
    inboxEnd: async (id) => whileOpen('inboxEnd', () => reads.inboxEnd(id)),
    evidence: async (id) => whileOpen('evidence', () => reads.evidence(id)),
    evidenceOf: async (id) => whileOpen('evidenceOf', () => reads.evidenceOf(id)),
    audit: async (filter) => whileOpen('audit', () => reads.audit(filter)),
    intent: async (id) => whileOpen('intent', () => reads.intent(id)),
    intentsOf: async (id) => whileOpen('intentsOf', () => reads.intentsOf(id)),
    lastActionAt: async (uid) => whileOpen('lastActionAt', () => reads.lastActionAt(uid)),
    counted: async (key, since) => whileOpen('counted', () => reads.counted(key, since)),
    holderOf: async (key) => whileOpen('holderOf', () => reads.holderOf(key)),
    approvalFor: async (digest) => whileOpen('approvalFor', () => reads.approvalFor(digest)),
    sickSubjects: async (since) => whileOpen('sickSubjects', () => reads.sickSubjects(since)),
    freeze: async () => whileOpen('freeze', () => reads.freeze()),
    loweredAutonomy: async () => whileOpen('loweredAutonomy', () => reads.loweredAutonomy()),
  };
}

function openDatabase({ path, clock, lockTimeoutMs = 500, maxBytes }: SqliteStoreOptions): Database {
  let db: Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    db = wrapDatabase(new DatabaseSync(path, { timeout: lockTimeoutMs, enableForeignKeyConstraints: true }));
    takeExclusively(db, path);
    // What people and workloads are called is in there: for the owner's eyes only.
    chmodSync(path, 0o600);
    writeHolder(path, clock.now());
    migrate(db, { path, now: clock.now() });
    if (maxBytes !== undefined) db.exec(`PRAGMA max_page_count = ${Math.ceil(maxBytes / PAGE_BYTES)}`);
    return db;
  } catch (error) {
    db?.close();
    if (isLockedByAnother(error)) throw storeLocked(path, error);
    if (isHaleError(error)) throw error;
    if (isOutage(error)) throw toHaleError(error, path, 'open');
    throw new HaleError(
      'store-unavailable',
      `open: store ${path}: ${error instanceof Error ? error.message : String(error)}; check store.path and its permissions`,
      { cause: error, details: { path } },
    );
  }
}

/** The first write under locking mode EXCLUSIVE takes the file lock, which is held until the connection or the process ends. */
function takeExclusively(db: Database, path: string): void {
  // Takes effect on an empty file only; lets pruning give space back to the volume step by step.
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA locking_mode = EXCLUSIVE`);
  const mode = db.get('PRAGMA journal_mode = WAL')?.journal_mode;
  if (mode !== 'wal') {
    throw new HaleError(
      'store-unavailable',
      `store ${path}: its volume takes no write-ahead log (journal mode ${String(mode)})`,
    );
  }
  db.exec(`PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
           PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`);
  db.exec('BEGIN IMMEDIATE');
  const applicationId = db.get('PRAGMA application_id')?.application_id;
  const tables = integerOf(db.get('SELECT count(*) AS tables FROM sqlite_schema') ?? {}, 'tables');
  if (applicationId !== APPLICATION_ID && (applicationId !== 0 || tables > 0)) {
    throw new HaleError(
      'store-unavailable',
      `${path} is a SQLite database, but not a store of Hale: point store.path at another file`,
    );
  }
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  db.exec('COMMIT');
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
