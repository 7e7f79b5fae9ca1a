import type { CommitResult, Conflict } from '../../ports/store.ts';
import { type Database, integerOf, textOf } from './database.ts';
import type { EncodedChange, EncodedSave } from './encode.ts';
import { isUniquenessViolation } from './sqlite-errors.ts';

/**
 * Writes one change inside the transaction, or finds why not: versions, then reservations, then uniqueness, as the port orders them.
 * A conflict may leave half of the change behind: the caller undoes it with its savepoint.
 */
export function applyChange(db: Database, change: EncodedChange, now: number): CommitResult {
  return checkVersions(db, change) ?? moveReservations(db, change) ?? writeRows(db, change, now) ?? 'committed';
}

function conflict(kind: Conflict['conflict'], detail: string): Conflict {
  return { conflict: kind, detail };
}

function checkVersions(db: Database, change: EncodedChange): Conflict | null {
  // What the saves of this very change make of a record counts as its state.
  const versions = new Map<string, number>();
  const phases = new Map<string, string>();
  for (const { record, expectedVersion } of change.saves) {
    const ref = `${record.record} ${record.id}`;
    const stored = versions.get(ref) ?? storedVersion(db, record);
    if (stored !== expectedVersion) {
      return conflict('version', `${ref} has version ${stored}, expected ${expectedVersion}`);
    }
    versions.set(ref, expectedVersion + 1);
    if (record.record !== 'incident') continue;
    phases.set(record.id, record.phase);
    if (record.phase === 'closed' && inboxEnd(db, record.id) > record.inboxRead) {
      return conflict('version', `incident ${record.id} cannot close: its inbox holds signals that were not taken in`);
    }
  }

  const phaseOf = (id: string): string | null => phases.get(id) ?? storedPhase(db, id);
  for (const id of incidentsNamedBy(change)) {
    if (phaseOf(id) === null) return conflict('version', `incident ${id} does not exist`);
  }
  for (const id of new Set(change.signals.map(({ item }) => item.incidentId))) {
    if (id === null) continue;
    const phase = phaseOf(id);
    if (phase !== null && phase !== 'closed') continue;
    const fresh = change.signals.some(({ item }) => item.incidentId === id && !signalIsStored(db, item.dedupeKey));
    if (fresh) return conflict('version', `incident ${id} ${phase === null ? 'does not exist' : 'is closed'}`);
  }

  const { settle, approvalUsed } = change.rest;
  if (settle !== undefined && settle.intentId !== change.intent?.item.id) {
    if (db.get('SELECT 1 FROM intent WHERE id = ?', settle.intentId) === undefined) {
      return conflict('version', `intent ${settle.intentId} does not exist`);
    }
  }
  if (approvalUsed !== undefined && approvalUsed.id !== change.approval?.item.id) {
    if (db.get('SELECT 1 FROM approval WHERE id = ?', approvalUsed.id) === undefined) {
      return conflict('version', `approval ${approvalUsed.id} does not exist`);
    }
  }
  return null;
}

/** Incidents that must exist because something of the change belongs to them. */
function incidentsNamedBy(change: EncodedChange): Set<string> {
  const named = new Set(change.evidence.map(({ item }) => item.incidentId));
  if (change.intent !== null) named.add(change.intent.item.incidentId);
  if (change.approval !== null) named.add(change.approval.item.incidentId);
  for (const { record } of change.saves) {
    if (record.record === 'obligation' && record.incidentId !== null) named.add(record.incidentId);
  }
  return named;
}

function storedVersion(db: Database, { record, id }: EncodedSave['record']): number {
  const row =
    record === 'incident'
      ? db.get('SELECT version FROM incident WHERE id = ?', id)
      : db.get('SELECT version FROM obligation WHERE id = ?', id);
  return row === undefined ? 0 : integerOf(row, 'version');
}

function storedPhase(db: Database, incidentId: string): string | null {
  const row = db.get('SELECT phase FROM incident WHERE id = ?', incidentId);
  return row === undefined ? null : textOf(row, 'phase');
}

function signalIsStored(db: Database, dedupeKey: string): boolean {
  return db.get('SELECT 1 FROM signal WHERE dedupe_key = ?', dedupeKey) !== undefined;
}

export function inboxEnd(db: Database, incidentId: string): number {
  const row = db.get('SELECT coalesce(max(seq), 0) AS position FROM signal WHERE incident_id = ?', incidentId);
  return integerOf(row ?? {}, 'position');
}

/** Gives back first, then takes: one change may hand a key over. */
function moveReservations(db: Database, { rest: { release, reserve } }: EncodedChange): Conflict | null {
  if (release !== undefined) {
    db.run('DELETE FROM held_key WHERE holder = ?', release.holder);
    if (release.what === 'all') db.run('DELETE FROM counted_key WHERE holder = ?', release.holder);
  }
  if (reserve === undefined) return null;
  const { holder, at, items } = reserve;
  for (const item of items) {
    if (item.kind === 'exclusive') {
      const held = db.get('SELECT holder FROM held_key WHERE key = ?', item.key);
      if (held === undefined) db.run('INSERT INTO held_key (key, holder, at) VALUES (?, ?, ?)', item.key, holder, at);
      else if (textOf(held, 'holder') !== holder) {
        return conflict('reservation', `${item.key} is held by ${textOf(held, 'holder')}`);
      }
      continue;
    }
    const { used } = countSince(db, item.key, at - item.windowMs);
    if (used >= item.limit) return conflict('reservation', `${item.key} is spent: ${used} of ${item.limit}`);
    db.run(
      'INSERT INTO counted_key (key, holder, at, window_ms) VALUES (?, ?, ?, ?)',
      item.key,
      holder,
      at,
      item.windowMs,
    );
  }
  return null;
}

export function countSince(db: Database, key: string, since: number): { used: number; oldestAt: number | null } {
  const row = db.get(
    'SELECT count(*) AS used, min(at) AS oldest_at FROM counted_key WHERE key = ? AND at >= ?',
    key,
    since,
  );
  if (row === undefined) throw new TypeError('an aggregate answers one row');
  return { used: integerOf(row, 'used'), oldestAt: row.oldest_at === null ? null : integerOf(row, 'oldest_at') };
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

function saveIncident(db: Database, { record, expectedVersion, body }: EncodedSave, now: number): void {
  if (record.record !== 'incident') return;
  const unread = expectedVersion > 0 && inboxEnd(db, record.id) > record.inboxRead;
  const wakeAt = unread ? Math.min(record.wakeAt ?? now, now) : record.wakeAt;
  const { phase } = record;
  const selfResolved = phase === 'self-resolved' ? 1 : 0;
  const endedAt = phase === 'closed' ? (record.closedAt ?? record.phaseSince) : null;
  if (expectedVersion === 0) {
    db.run(
      `INSERT INTO incident (id, version, key, purpose, phase, self_resolved, opened_at, ended_at, wake_at, cause_key, previous_id,
       leader_id, body) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
      body,
    );
    return;
  }
  // A closed incident keeps whether it closed as self-resolved; any other phase says it anew.
  db.run(
    `UPDATE incident SET version = ?, key = ?, purpose = ?, phase = ?,
     self_resolved = CASE WHEN ? = 'closed' THEN self_resolved ELSE ? END, opened_at = ?, ended_at = ?, wake_at = ?, cause_key = ?,
     previous_id = ?, leader_id = ?, body = ? WHERE id = ?`,
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
    body,
    record.id,
  );
}

function saveObligation(db: Database, { record, expectedVersion, body }: EncodedSave): void {
  if (record.record !== 'obligation') return;
  const returnIncidentId = record.duty.kind === 'return' ? record.duty.returnIncidentId : null;
  if (expectedVersion === 0) {
    db.run(
      `INSERT INTO obligation (id, version, incident_id, kind, status, created_at, due_at, wake_at, return_incident_id, body)
       VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
      record.id,
      record.incidentId,
      record.duty.kind,
      record.status,
      record.createdAt,
      record.dueAt,
      record.wakeAt,
      returnIncidentId,
      body,
    );
    return;
  }
  db.run(
    `UPDATE obligation SET version = ?, incident_id = ?, kind = ?, status = ?, created_at = ?, due_at = ?, wake_at = ?,
     return_incident_id = ?, body = ? WHERE id = ?`,
    expectedVersion + 1,
    record.incidentId,
    record.duty.kind,
    record.status,
    record.createdAt,
    record.dueAt,
    record.wakeAt,
    returnIncidentId,
    body,
    record.id,
  );
}

/** A signal that is stored already neither counts nor wakes. */
function appendSignals(db: Database, { signals, rest: { wakeAt } }: EncodedChange): void {
  const woken = new Set<string>();
  for (const { item, body } of signals) {
    const added = db.run(
      `INSERT INTO signal (dedupe_key, occurrence, status, at, incident_id, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (dedupe_key) DO NOTHING`,
      item.dedupeKey,
      item.occurrence,
      item.status,
      item.receivedAt,
      item.incidentId,
      body,
    );
    if (added > 0 && item.incidentId !== null) woken.add(item.incidentId);
  }
  if (wakeAt === undefined) return;
  for (const id of woken) {
    db.run('UPDATE incident SET wake_at = min(coalesce(wake_at, ?), ?) WHERE id = ?', wakeAt, wakeAt, id);
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
  if (autonomy !== undefined) {
    db.run(
      'INSERT OR REPLACE INTO autonomy (policy_id, namespace, body) VALUES (?, ?, ?)',
      autonomy.policyId,
      autonomy.namespace,
      JSON.stringify(autonomy),
    );
  }
  return null;
}
