import type { RecordRef } from '../../domain/obligation.ts';
import type { Conflict } from '../../ports/store.ts';
import { type Database, integerOf, textOf } from './database.ts';
import type { EncodedChange } from './encode.ts';

export function conflict(kind: Conflict['conflict'], detail: string): Conflict {
  return { conflict: kind, detail };
}

/** The first expectation of the change that the store does not meet. Writes nothing. */
export function checkVersions(db: Database, change: EncodedChange): Conflict | null {
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

  const { attempt } = change.rest;
  if (attempt !== undefined) {
    const ref = `${attempt.ref.record} ${attempt.ref.id}`;
    const stored = versions.get(ref) ?? storedVersion(db, attempt.ref);
    if (stored === 0 || stored !== attempt.expectedVersion) {
      return conflict('version', `${ref} has version ${stored}, expected ${attempt.expectedVersion}`);
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

function storedVersion(db: Database, { record, id }: RecordRef): number {
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
export function moveReservations(db: Database, { rest: { release, reserve } }: EncodedChange): Conflict | null {
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
