import { Approval } from '../../domain/approval.ts';
import { AuditEvent } from '../../domain/audit-event.ts';
import { Evidence } from '../../domain/evidence.ts';
import { Intent } from '../../domain/intent.ts';
import type { RecordRef } from '../../domain/obligation.ts';
import { SIGNALS_SHOWN } from '../../domain/signal.ts';
import type { Store } from '../../ports/store.ts';
import { countSince, inboxEnd } from './check-change.ts';
import { type Database, integerOf, integerOrNull, type Row, textOf } from './database.ts';
import {
  decode,
  decodeHead,
  decodeIncident,
  decodeObligation,
  decodeSignal,
  MOVING_COLUMNS,
  SIGNAL_COLUMNS,
  StoredAutonomy,
  StoredFreeze,
} from './decode.ts';

/** The reading half of the port, as plain functions over one connection. */
type Reads = {
  [Name in keyof Omit<Store, 'commit' | 'writable' | 'prune' | 'size' | 'close'>]: (
    ...args: Parameters<Store[Name]>
  ) => Awaited<ReturnType<Store[Name]>>;
};

export function createReads(db: Database): Reads {
  return { ...readMovingRecords(db), ...readSignals(db), ...readFacts(db) };
}

const ALL_INCIDENTS = `
  SELECT ${MOVING_COLUMNS} FROM incident WHERE opened_at >= ?1 ORDER BY opened_at DESC, seq DESC LIMIT ?2`;
const OPEN_INCIDENTS = `
  SELECT ${MOVING_COLUMNS} FROM incident WHERE opened_at >= ?1 AND phase <> 'closed' ORDER BY opened_at DESC, seq DESC LIMIT ?2`;
const INCIDENTS_BY_PHASE = `
  SELECT ${MOVING_COLUMNS} FROM incident WHERE seq IN (
    SELECT seq FROM incident WHERE phase IN (SELECT value FROM json_each(?3)) AND opened_at >= ?1
    ORDER BY opened_at DESC, seq DESC LIMIT ?2)
  ORDER BY opened_at DESC, seq DESC`;
const ALL_OBLIGATIONS = `
  SELECT ${MOVING_COLUMNS} FROM obligation WHERE (?1 IS NULL OR kind = ?1) ORDER BY due_at, seq LIMIT ?2`;
const OPEN_OBLIGATIONS = `
  SELECT ${MOVING_COLUMNS} FROM obligation WHERE status = 'open' AND (?1 IS NULL OR kind = ?1) ORDER BY due_at, seq LIMIT ?2`;
const OBLIGATIONS_OF_INCIDENT = `
  SELECT ${MOVING_COLUMNS} FROM obligation WHERE incident_id = ?3 AND (?4 IS NULL OR status = ?4) AND (?1 IS NULL OR kind = ?1)
  ORDER BY due_at, seq LIMIT ?2`;

const UNCLOSED_BY_KEY = `
  SELECT key, id, CASE phase
    WHEN 'collecting' THEN 1
    WHEN 'diagnosing' THEN EXISTS (SELECT 1 FROM signal WHERE incident_id = incident.id LIMIT 1 OFFSET ${SIGNALS_SHOWN - 1})
    ELSE 0 END AS unhurried
  FROM incident WHERE phase <> 'closed' AND key IN`;

type MovingReads = Pick<
  Reads,
  | 'incident'
  | 'incidents'
  | 'leaderOf'
  | 'followersOf'
  | 'obligation'
  | 'obligations'
  | 'due'
  | 'nextWakeAt'
  | 'sickSubjects'
>;

function readMovingRecords(db: Database): MovingReads {
  return {
    incident: (id) => orNull(db.get(`SELECT ${MOVING_COLUMNS} FROM incident WHERE id = ?`, id), decodeIncident),
    incidents({ phases, openOnly = false, openedSince = 0, limit }) {
      // Each shape of the question has a statement that its own index answers in order, so that only `limit` bodies are read.
      const statement = phases === undefined ? (openOnly ? OPEN_INCIDENTS : ALL_INCIDENTS) : INCIDENTS_BY_PHASE;
      const wanted = phases?.filter((phase) => !openOnly || phase !== 'closed');
      const rows = db.all(statement, openedSince, limit, ...(wanted === undefined ? [] : [JSON.stringify(wanted)]));
      return rows.map(decodeIncident);
    },
    leaderOf: (causeKey) =>
      orNull(
        db.get(`SELECT ${MOVING_COLUMNS} FROM incident WHERE cause_key = ? AND phase <> 'closed'`, causeKey),
        decodeIncident,
      ),
    followersOf: (incidentId, limit) =>
      db
        .all(
          `SELECT ${MOVING_COLUMNS} FROM incident WHERE leader_id = ? AND phase <> 'closed' ORDER BY opened_at DESC, seq DESC LIMIT ?`,
          incidentId,
          limit,
        )
        .map(decodeIncident),
    obligation: (id) => orNull(db.get(`SELECT ${MOVING_COLUMNS} FROM obligation WHERE id = ?`, id), decodeObligation),
    obligations({ openOnly, incidentId, kind, limit }) {
      const rows =
        incidentId === undefined
          ? db.all(openOnly ? OPEN_OBLIGATIONS : ALL_OBLIGATIONS, kind ?? null, limit)
          : db.all(OBLIGATIONS_OF_INCIDENT, kind ?? null, limit, incidentId, openOnly ? 'open' : null);
      return rows.map(decodeObligation);
    },
    due(now, limit) {
      const rows = db.all(
        `SELECT record, id FROM (
           SELECT * FROM (SELECT 'incident' AS record, id, wake_at, seq FROM incident WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2)
           UNION ALL
           SELECT * FROM (SELECT 'obligation' AS record, id, wake_at, seq FROM obligation WHERE wake_at <= ?1 ORDER BY wake_at LIMIT ?2)
         ) ORDER BY wake_at, record, seq LIMIT ?2`,
        now,
        limit,
      );
      return rows.map((row): RecordRef => {
        return { record: row.record === 'incident' ? 'incident' : 'obligation', id: textOf(row, 'id') };
      });
    },
    nextWakeAt(after = -1) {
      const row = db.get(
        `SELECT min(wake_at) AS wake_at FROM (
           SELECT min(wake_at) AS wake_at FROM incident WHERE wake_at > ?1
           UNION ALL SELECT min(wake_at) FROM obligation WHERE wake_at > ?1)`,
        after,
      );
      return integerOrNull(one(row), 'wake_at');
    },
    sickSubjects: (since) =>
      integerOf(
        one(
          db.get(
            `SELECT count(DISTINCT key) AS sick FROM incident WHERE opened_at >= ? AND purpose = 'heal' AND self_resolved = 0`,
            since,
          ),
        ),
        'sick',
      ),
  };
}

function readSignals(db: Database): Pick<Reads, 'intakeView' | 'inbox' | 'inboxHeads' | 'inboxEnd'> {
  return {
    intakeView({ dedupeKeys, occurrences, incidentKeys }) {
      const known = allIn(
        db,
        `SELECT s.dedupe_key AS key, i.id AS id FROM signal s
         LEFT JOIN incident i ON i.id = s.incident_id AND i.phase <> 'closed' WHERE s.dedupe_key IN`,
        dedupeKeys,
      );
      const resolved = allIn(
        db,
        `SELECT DISTINCT occurrence AS key FROM signal WHERE status = 'resolved' AND occurrence IN`,
        occurrences,
      );
      const open = allIn(db, UNCLOSED_BY_KEY, incidentKeys);
      return {
        knownDedupeKeys: new Map(known.map((row) => [textOf(row, 'key'), row.id === null ? null : textOf(row, 'id')])),
        resolvedOccurrences: new Set(resolved.map((row) => textOf(row, 'key'))),
        openIncidents: new Map(open.map((row) => [textOf(row, 'key'), textOf(row, 'id')])),
        unhurried: new Set(open.filter((row) => row.unhurried === 1).map((row) => textOf(row, 'id'))),
      };
    },
    inbox: (incidentId, afterPosition, limit) =>
      db
        .all(
          `SELECT ${SIGNAL_COLUMNS} FROM signal WHERE incident_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
          incidentId,
          afterPosition,
          limit,
        )
        .map((row) => ({ position: integerOf(row, 'seq'), signal: decodeSignal(row) })),
    inboxHeads: (incidentId, afterPosition, limit) =>
      db
        .all(
          `SELECT seq AS position, occurrence, status,
           coalesce(started_at, iif(json_valid(body), body ->> '$.startedAt', NULL)) AS startedAt FROM signal
           WHERE incident_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
          incidentId,
          afterPosition,
          limit,
        )
        .map(decodeHead),
    inboxEnd: (incidentId) => inboxEnd(db, incidentId),
  };
}

type FactReads = Omit<Reads, keyof MovingReads | keyof ReturnType<typeof readSignals>>;

function readFacts(db: Database): FactReads {
  return {
    evidence: (id) =>
      orNull(db.get('SELECT body FROM evidence WHERE id = ?', id), (row) => decode(Evidence, row, 'evidence')),
    evidenceOf: (incidentId) =>
      db
        .all('SELECT body FROM evidence WHERE incident_id = ? ORDER BY seq', incidentId)
        .map((row) => decode(Evidence, row, 'evidence')),
    audit({ incidentId, since = 0, limit }) {
      const rows =
        incidentId === undefined
          ? db.all('SELECT body FROM audit WHERE at >= ? ORDER BY at, seq LIMIT ?', since, limit)
          : db.all(
              'SELECT body FROM audit WHERE incident_id = ? AND at >= ? ORDER BY at, seq LIMIT ?',
              incidentId,
              since,
              limit,
            );
      return rows.map((row) => decode(AuditEvent, row, 'audit event'));
    },
    intent: (id) => orNull(db.get('SELECT body FROM intent WHERE id = ?', id), (row) => decode(Intent, row, 'intent')),
    intentsOf: (incidentId) =>
      db
        .all('SELECT body FROM intent WHERE incident_id = ? ORDER BY seq', incidentId)
        .map((row) => decode(Intent, row, 'intent')),
    lastActionAt: (subjectUid) =>
      integerOrNull(
        one(
          db.get(
            `SELECT max(committed_at) AS at FROM intent WHERE subject_uid = ? AND (result IS NULL OR result <> 'not-applied')`,
            subjectUid,
          ),
        ),
        'at',
      ),
    counted: (key, since) => countSince(db, key, since),
    holderOf: (key) => orNull(db.get('SELECT holder FROM held_key WHERE key = ?', key), (row) => textOf(row, 'holder')),
    approvalFor: (planDigest) =>
      orNull(db.get('SELECT body FROM approval WHERE plan_digest = ?', planDigest), (row) =>
        decode(Approval, row, 'approval'),
      ),
    freeze: () => orNull(db.get('SELECT body FROM freeze WHERE one = 1'), (row) => decode(StoredFreeze, row, 'freeze')),
    loweredAutonomy: () =>
      db
        .all('SELECT body FROM autonomy ORDER BY policy_id, namespace')
        .map((row) => decode(StoredAutonomy, row, 'lowered autonomy')),
  };
}

/** Sizes of IN lists: a few, so that as few statements stay prepared; a list is filled up with NULL, which equals nothing. */
const LIST_SIZES = [1, 10, 50, 100, 250] as const;
const LISTS = new Map(LIST_SIZES.map((size) => [size, `(${Array.from({ length: size }, () => '?').join(',')})`]));
const ANY_SIZE = '(SELECT value FROM json_each(?))';

/** The rows of `sql`, which ends in IN, for the values. A list of parameters takes about half the time of a list in JSON. */
function allIn(db: Database, sql: string, values: readonly string[]): Row[] {
  if (values.length === 0) return [];
  const size = LIST_SIZES.find((most) => values.length <= most);
  if (size === undefined) return db.all(`${sql} ${ANY_SIZE}`, JSON.stringify(values));
  const filled = [...values, ...Array.from({ length: size - values.length }, () => null)];
  return db.all(`${sql} ${LISTS.get(size)}`, ...filled);
}

function orNull<T>(row: Row | undefined, read: (row: Row) => T): T | null {
  return row === undefined ? null : read(row);
}

/** Aggregates always answer one row. */
function one(row: Row | undefined): Row {
  if (row === undefined) throw new TypeError('an aggregate answers one row');
  return row;
}
