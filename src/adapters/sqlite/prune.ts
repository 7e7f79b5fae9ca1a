import type { RetentionCaps } from '../../ports/store.ts';
import { type Database, inTransaction, integerOf, textOf } from './database.ts';

type Kind = keyof RetentionCaps;
type ListKind = Exclude<Kind, 'incidents'>;
const KINDS: readonly Kind[] = ['signals', 'evidence', 'audit', 'incidents'];

/** A step looks at as many rows as it may remove, or this many: bounded also where open incidents protect long stretches. */
const LOOKS_AT_LEAST = 256;
/** Pages given back to the file system per step. */
const PAGES_PER_STEP = 128;

const OPEN_RECORD_NEEDS = (incidentId: string): string => `
  EXISTS (SELECT 1 FROM incident o WHERE o.id = ${incidentId} AND o.phase <> 'closed')
  OR EXISTS (SELECT 1 FROM obligation b WHERE b.incident_id = ${incidentId} AND b.status = 'open')`;

/** What `PRUNE_TABLES` names is fixed here: no text from outside gets into a statement. */
const PRUNE_TABLES: Readonly<Record<ListKind, 'signal' | 'evidence' | 'audit'>> = {
  signals: 'signal',
  evidence: 'evidence',
  audit: 'audit',
};

/**
 * Removes in bounded steps what exceeds the caps, oldest first. Never what an open incident or an open obligation needs: the rows of its
 * incident, the incident it came back from or follows, and the intents that cooldowns are counted from.
 */
export function createPruning(db: Database) {
  // Where the last step stopped, so that protected rows at the front are not looked at again in every step. Lost at a restart: harmless.
  const cursors: Record<ListKind, number> = { signals: 0, evidence: 0, audit: 0 };
  let turn = 0;

  /** `now` in Unix ms. The figures are rows; for incidents with what hangs on them (obligations, intents, approvals). */
  return function prune(now: number, caps: RetentionCaps, maxRows: number): Record<Kind, number> {
    const removed: Record<Kind, number> = { signals: 0, evidence: 0, incidents: 0, audit: 0 };
    let left = maxRows;
    // Another kind is first each time, so that a flood of one never starves the others.
    const order = KINDS.map((_, index) => KINDS[(index + turn) % KINDS.length]);
    turn++;
    inTransaction(db, () => {
      for (const kind of order) {
        if (kind === undefined || left <= 0) continue;
        if (kind === 'incidents') {
          const gone = pruneIncidents(db, now, caps.incidents, left);
          removed.incidents += gone.rows;
          removed.evidence += gone.evidence;
          left -= gone.rows + gone.evidence;
        } else {
          const count = pruneList(kind, now, caps[kind], left);
          removed[kind] += count;
          left -= count;
        }
      }
      dropSpentCounts(db, now - caps.incidents.maxAgeMs, now, maxRows);
    });
    db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`);
    return removed;
  };

  function pruneList(kind: ListKind, now: number, cap: RetentionCaps[Kind], maxRows: number): number {
    const table = PRUNE_TABLES[kind];
    let excess = integerOf(db.get(`SELECT count(*) AS rows FROM ${table}`) ?? {}, 'rows') - cap.maxRows;
    const looks = Math.max(LOOKS_AT_LEAST, maxRows);
    const rows = db.all(
      `SELECT seq, at, (${OPEN_RECORD_NEEDS('t.incident_id')}) AS needed FROM ${table} t WHERE seq > ? ORDER BY seq LIMIT ?`,
      cursors[kind],
      looks,
    );
    let removed = 0;
    for (const row of rows) {
      const tooOld = integerOf(row, 'at') < now - cap.maxAgeMs;
      if (!tooOld && excess <= 0) {
        cursors[kind] = 0;
        return removed;
      }
      if (removed === maxRows) return removed;
      cursors[kind] = integerOf(row, 'seq');
      if (integerOf(row, 'needed') === 1) continue;
      db.run(`DELETE FROM ${table} WHERE seq = ?`, integerOf(row, 'seq'));
      removed++;
      excess--;
    }
    if (rows.length < looks) cursors[kind] = 0;
    return removed;
  }
}

function pruneIncidents(
  db: Database,
  now: number,
  cap: RetentionCaps['incidents'],
  maxRows: number,
): { rows: number; evidence: number } {
  const tooOldBefore = now - cap.maxAgeMs;
  let excess = integerOf(db.get('SELECT count(*) AS rows FROM incident') ?? {}, 'rows') - cap.maxRows;
  const gone = { rows: 0, evidence: 0 };
  // Cooldowns are counted from intents: an incident that acted goes by age alone, never to make room.
  const candidates = db.all(
    `SELECT id, ended_at FROM incident i INDEXED BY incident_ended
     WHERE phase = 'closed' AND ended_at < ?1
       AND (ended_at < ?2 OR NOT EXISTS (SELECT 1 FROM intent n WHERE n.incident_id = i.id))
       AND NOT EXISTS (SELECT 1 FROM obligation b WHERE b.incident_id = i.id AND b.status = 'open')
       AND NOT EXISTS (SELECT 1 FROM obligation b WHERE b.return_incident_id = i.id AND b.status = 'open' AND b.return_incident_id IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM incident o WHERE o.previous_id = i.id AND o.phase <> 'closed' AND o.previous_id IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM incident o WHERE o.leader_id = i.id AND o.phase <> 'closed' AND o.leader_id IS NOT NULL)
     ORDER BY ended_at, seq LIMIT ?3`,
    excess > 0 ? Number.MAX_SAFE_INTEGER : tooOldBefore,
    tooOldBefore,
    maxRows,
  );
  for (const row of candidates) {
    if (integerOf(row, 'ended_at') >= tooOldBefore && excess <= 0) continue;
    const id = textOf(row, 'id');
    gone.evidence += deleteOf(db, 'evidence', id, maxRows - gone.rows - gone.evidence);
    for (const table of ['obligation', 'approval', 'intent'] as const) {
      gone.rows += deleteOf(db, table, id, maxRows - gone.rows - gone.evidence);
    }
    // Spent on what hangs on it: the next step finds the incident again and goes on.
    if (gone.rows + gone.evidence >= maxRows) break;
    gone.rows += db.run('DELETE FROM incident WHERE id = ?', id);
    excess--;
    if (gone.rows + gone.evidence >= maxRows) break;
  }
  const orphans = maxRows - gone.rows - gone.evidence;
  if (orphans > 0) {
    gone.rows += db.run(
      `DELETE FROM obligation WHERE seq IN (
         SELECT seq FROM obligation WHERE incident_id IS NULL AND status <> 'open' AND created_at < ? LIMIT ?)`,
      tooOldBefore,
      orphans,
    );
  }
  return gone;
}

function deleteOf(
  db: Database,
  table: 'evidence' | 'obligation' | 'approval' | 'intent',
  incidentId: string,
  limit: number,
): number {
  if (limit <= 0) return 0;
  return db.run(
    `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE incident_id = ? LIMIT ?)`,
    incidentId,
    limit,
  );
}

/** Counted keys go when neither their own window nor the memory of incidents reaches them any more. */
function dropSpentCounts(db: Database, before: number, now: number, maxRows: number): void {
  db.run(
    `DELETE FROM counted_key WHERE seq IN (
       SELECT seq FROM counted_key WHERE at < ?1 AND at < ?2 - window_ms ORDER BY at LIMIT ?3)`,
    before,
    now,
    maxRows,
  );
}
