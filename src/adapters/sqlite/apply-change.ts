import { MODES } from '../../domain/mode.ts';
import type { CommitResult, Conflict, LoweredAutonomy } from '../../ports/store.ts';
import { checkVersions, conflict, inboxEnd, moveReservations } from './check-change.ts';
import type { Database } from './database.ts';
import { decode, StoredAutonomy } from './decode.ts';
import type { EncodedChange, EncodedSave } from './encode.ts';
import { isUniquenessViolation } from './sqlite-errors.ts';

/**
 * Writes one change inside the transaction, or finds why not: versions, then reservations, then uniqueness, as the port orders them.
 * A conflict may leave half of the change behind: the caller undoes it with its savepoint.
 */
export function applyChange(db: Database, change: EncodedChange, now: number): CommitResult {
  return checkVersions(db, change) ?? moveReservations(db, change) ?? writeRows(db, change, now) ?? 'committed';
}

/** Runs the writes in order; the first that breaks uniqueness is the conflict. */
function writeRows(db: Database, change: EncodedChange, now: number): Conflict | null {
  let doing = '';
  try {
    // Those that leave a key free go first, so that one change may close an incident and open the next under its key.
    const saves = change.saves.toSorted((a, b) => keysKept(a) - keysKept(b));
    for (const save of saves) {
      doing = `${save.record.record} ${save.record.id}: another open incident has its key or cause key`;
      if (save.record.record === 'incident') saveIncident(db, save, now);
      else saveObligation(db, save);
    }
    beginAttempt(db, change);
    appendSignals(db, change);
    for (const { item, body } of change.evidence) {
      doing = `evidence ${item.id} is stored already`;
      db.run(
        'INSERT INTO evidence (id, incident_id, at, body) VALUES (?, ?, ?, ?)',
        item.id,
        item.incidentId,
        item.at,
        body,
      );
    }
    for (const { item, body } of change.audit) {
      db.run('INSERT INTO audit (incident_id, at, body) VALUES (?, ?, ?)', item.incidentId, item.at, body);
    }
    if (change.approval !== null) {
      const { item, body } = change.approval;
      doing = `plan ${item.planDigest} has its answer already`;
      db.run(
        'INSERT INTO approval (id, plan_digest, incident_id, used_at, body) VALUES (?, ?, ?, ?, ?)',
        item.id,
        item.planDigest,
        item.incidentId,
        item.usedAt,
        body,
      );
    }
    if (change.intent !== null) {
      const { item, body } = change.intent;
      doing = `intent ${item.id} or its idempotency key ${item.idempotencyKey} is stored already`;
      db.run(
        'INSERT INTO intent (id, idempotency_key, incident_id, subject_uid, committed_at, result, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
        item.id,
        item.idempotencyKey,
        item.incidentId,
        item.subject.uid,
        item.committedAt,
        item.outcome?.result ?? null,
        body,
      );
    }
  } catch (error) {
    if (isUniquenessViolation(error)) return conflict('duplicate', doing);
    throw error;
  }
  return markOnce(db, change) ?? writeSwitches(db, change);
}

function keysKept({ record }: EncodedSave): number {
  if (record.record === 'obligation') return 3;
  if (record.phase === 'closed') return 0;
  return record.causeKey === null ? 1 : 2;
}

function saveIncident(db: Database, { record, expectedVersion, unreadWakeAt, body }: EncodedSave, now: number): void {
  if (record.record !== 'incident') return;
  const unread = expectedVersion > 0 && inboxEnd(db, record.id) > record.inboxRead;
  const readBy = unreadWakeAt ?? now;
  const wakeAt = unread ? Math.min(record.wakeAt ?? readBy, readBy) : record.wakeAt;
  const { phase } = record;
  const selfResolved = phase === 'self-resolved' ? 1 : 0;
  const endedAt = phase === 'closed' ? (record.closedAt ?? record.phaseSince) : null;
  if (expectedVersion === 0) {
    db.run(
      `INSERT INTO incident (id, version, key, purpose, phase, self_resolved, opened_at, ended_at, wake_at, cause_key, previous_id,
       leader_id, attempts, body) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      record.id,
      record.key,
      record.purpose,
      phase,
      selfResolved,
      record.openedAt,
      endedAt,
      wakeAt,
      record.causeKey,
      record.previousId,
      record.leaderId,
      record.attempts,
      body,
    );
    return;
  }
  // A closed incident keeps whether it closed as self-resolved; any other phase says it anew.
  db.run(
    `UPDATE incident SET version = ?, key = ?, purpose = ?, phase = ?,
     self_resolved = CASE WHEN ? = 'closed' THEN self_resolved ELSE ? END, opened_at = ?, ended_at = ?, wake_at = ?, cause_key = ?,
     previous_id = ?, leader_id = ?, attempts = ?, body = ? WHERE id = ?`,
    expectedVersion + 1,
    record.key,
    record.purpose,
    phase,
    phase,
    selfResolved,
    record.openedAt,
    endedAt,
    wakeAt,
    record.causeKey,
    record.previousId,
    record.leaderId,
    record.attempts,
    body,
    record.id,
  );
}

function saveObligation(db: Database, { record, expectedVersion, body }: EncodedSave): void {
  if (record.record !== 'obligation') return;
  const returnIncidentId = record.duty.kind === 'return' ? record.duty.returnIncidentId : null;
  if (expectedVersion === 0) {
    db.run(
      `INSERT INTO obligation (id, version, incident_id, kind, status, created_at, due_at, wake_at, return_incident_id, attempts, body)
       VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      record.id,
      record.incidentId,
      record.duty.kind,
      record.status,
      record.createdAt,
      record.dueAt,
      record.wakeAt,
      returnIncidentId,
      record.attempts,
      body,
    );
    return;
  }
  db.run(
    `UPDATE obligation SET version = ?, incident_id = ?, kind = ?, status = ?, created_at = ?, due_at = ?, wake_at = ?,
     return_incident_id = ?, attempts = ?, body = ? WHERE id = ?`,
    expectedVersion + 1,
    record.incidentId,
    record.duty.kind,
    record.status,
    record.createdAt,
    record.dueAt,
    record.wakeAt,
    returnIncidentId,
    record.attempts,
    body,
    record.id,
  );
}

/** Columns only: the record itself stays as it is, for all that a tick changes comes with the commit at its end. */
function beginAttempt(db: Database, { rest: { attempt } }: EncodedChange): void {
  if (attempt === undefined) return;
  const { ref, expectedVersion, attempts, wakeAt } = attempt;
  db.run(
    ref.record === 'incident'
      ? 'UPDATE incident SET version = ?, attempts = ?, wake_at = ? WHERE id = ?'
      : 'UPDATE obligation SET version = ?, attempts = ?, wake_at = ? WHERE id = ?',
    expectedVersion + 1,
    attempts,
    wakeAt,
    ref.id,
  );
}

/** A signal that is stored already neither counts nor wakes. */
function appendSignals(db: Database, { signals, rest: { wakeAt } }: EncodedChange): void {
  const woken = new Set<string>();
  for (const { item, body } of signals) {
    const added = db.run(
      `INSERT INTO signal (dedupe_key, occurrence, status, at, incident_id, body, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (dedupe_key) DO NOTHING`,
      item.dedupeKey,
      item.occurrence,
      item.status,
      item.receivedAt,
      item.incidentId,
      body,
      item.startedAt,
    );
    if (added > 0 && item.incidentId !== null) woken.add(item.incidentId);
  }
  if (wakeAt === undefined) return;
  for (const id of woken) {
    // Most are due before that anyway; a row that stays as it is costs no page of the log.
    db.run('UPDATE incident SET wake_at = ? WHERE id = ? AND (wake_at IS NULL OR wake_at > ?)', wakeAt, id, wakeAt);
  }
}

function markOnce(db: Database, { rest: { approvalUsed, settle } }: EncodedChange): Conflict | null {
  if (approvalUsed !== undefined) {
    const marked = db.run(
      `UPDATE approval SET used_at = ?, body = json_set(body, '$.usedAt', ?) WHERE id = ? AND used_at IS NULL`,
      approvalUsed.at,
      approvalUsed.at,
      approvalUsed.id,
    );
    if (marked === 0) return conflict('duplicate', `approval ${approvalUsed.id} was used before`);
  }
  if (settle !== undefined) {
    const settled = db.run(
      `UPDATE intent SET result = ?, body = json_set(body, '$.outcome', json(?)) WHERE id = ? AND result IS NULL`,
      settle.outcome.result,
      JSON.stringify(settle.outcome),
      settle.intentId,
    );
    if (settled === 0) return conflict('duplicate', `intent ${settle.intentId} has an outcome already`);
  }
  return null;
}

function writeSwitches(db: Database, { rest: { freeze, autonomy } }: EncodedChange): null {
  if (freeze !== undefined) {
    db.run('INSERT OR REPLACE INTO freeze (one, body) VALUES (1, ?)', JSON.stringify(freeze));
  }
  if (autonomy !== undefined && !isLoweredFurther(db, autonomy)) {
    db.run(
      'INSERT OR REPLACE INTO autonomy (policy_id, namespace, body) VALUES (?, ?, ?)',
      autonomy.policyId,
      autonomy.namespace,
      JSON.stringify(autonomy),
    );
  }
  return null;
}

/** Whether what is stored under the same rules is as low already: it is never raised here. */
function isLoweredFurther(db: Database, { policyId, namespace, rulesHash, mode }: LoweredAutonomy): boolean {
  const rows = db.all('SELECT body FROM autonomy WHERE policy_id = ? AND namespace = ?', policyId, namespace);
  return rows
    .map((row) => decode(StoredAutonomy, row, 'lowered autonomy'))
    .some((stored) => stored.rulesHash === rulesHash && MODES.indexOf(stored.mode) <= MODES.indexOf(mode));
}
