import type { LogPatternRow, StoredLogPattern } from '../../ports/log-store.ts';
import { type Database, integerOf, textOf } from './database.ts';
import { createNumbering } from './numbering.ts';

/** The patterns of log events. One that was joined into another stays as a row that points at it, never further than one step. */
export interface LogPatternTable {
  keep(pattern: LogPatternRow): void;
  join(from: string, to: string): void;
  /** The number of a pattern that had lines in this minute (Unix ms). */
  heard(patternId: string, minute: number): number;
  of(patternId: string): number;
  all(limit: number): StoredLogPattern[];
  /** Removes patterns that have no count any more. */
  prune(before: number, maxRows: number): void;
  /** Numbers given out in what was undone would point nowhere. */
  forget(): void;
}

const MAX_REMEMBERED = 50_000;
/** A pattern that was silent for less is known to those who count. */
const KEEP_SILENT_MS = 6 * 3_600_000;

export function createLogPatternTable(db: Database): LogPatternTable {
  const numbers = createNumbering(db, 'SELECT id FROM log_pattern WHERE pattern_id = ?', (id) => {
    db.run(
      "INSERT INTO log_pattern (pattern_id, template, first_seen_at) VALUES (?, '', 0) ON CONFLICT DO NOTHING",
      id,
    );
  });
  /** By number, the last minute that is stored. */
  const heardAt = new Map<number, number>();

  return {
    of: (patternId) => numbers.of(patternId),
    keep({ id, template, firstSeenAt, shape = null }) {
      db.run(
        `INSERT INTO log_pattern (pattern_id, template, first_seen_at, shape) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pattern_id) DO UPDATE SET shape = ?4, template = iif(template = '', ?2, template),
           first_seen_at = iif(template = '', ?3, first_seen_at)`,
        id,
        template,
        firstSeenAt,
        shape,
      );
    },
    join(from, to) {
      // Somebody may speak of a pattern that was never stored, or is no more.
      const joined = db.get('SELECT id, first_seen_at FROM log_pattern WHERE pattern_id = ?', from);
      if (joined === undefined) return;
      const number = integerOf(joined, 'id');
      const named = numbers.of(to);
      // What it becomes may be part of another itself, but not of this one: then that one turns round.
      const root = db.get('SELECT coalesce(became, id) AS id FROM log_pattern WHERE id = ?', named) ?? {};
      const into = integerOf(root, 'id') === number ? named : integerOf(root, 'id');
      if (into === number) return;
      db.run(
        'UPDATE log_pattern SET became = NULL, first_seen_at = min(first_seen_at, ?2) WHERE id = ?1',
        into,
        integerOf(joined, 'first_seen_at'),
      );
      db.run('UPDATE log_pattern SET became = ?1 WHERE (became = ?2 OR id = ?2) AND id <> ?1', into, number);
    },
    heard(patternId, minute) {
      const number = numbers.of(patternId);
      if ((heardAt.get(number) ?? 0) >= minute) return number;
      db.run('UPDATE log_pattern SET heard_at = ?2 WHERE id = ?1 AND heard_at < ?2', number, minute);
      if (heardAt.size >= MAX_REMEMBERED) heardAt.clear();
      heardAt.set(number, minute);
      return number;
    },
    all: (limit) =>
      db
        .all(
          `SELECT pattern_id, template, first_seen_at, shape,
             (SELECT json_group_array(a.pattern_id) FROM log_pattern a WHERE a.became = p.id) AS former
           FROM log_pattern p WHERE became IS NULL ORDER BY heard_at DESC, id LIMIT ?`,
          limit,
        )
        .map((row) => ({
          id: textOf(row, 'pattern_id'),
          template: textOf(row, 'template'),
          firstSeenAt: integerOf(row, 'first_seen_at'),
          shape: row['shape'] === null ? null : textOf(row, 'shape'),
          formerIds: JSON.parse(textOf(row, 'former')) as string[],
        })),
    prune(before, maxRows) {
      // Of a pattern that was last heard before the oldest count no count is left.
      const oldest = integerOf(db.get('SELECT coalesce(min(minute), ?) AS at FROM log_count', before) ?? {}, 'at');
      const newest = integerOf(db.get('SELECT coalesce(max(heard_at), 0) AS at FROM log_pattern') ?? {}, 'at');
      const gone = db
        .all(
          `SELECT id FROM log_pattern p WHERE heard_at < ?
             AND NOT EXISTS (SELECT 1 FROM log_pattern a WHERE a.became = p.id) ORDER BY heard_at LIMIT ?`,
          Math.min(oldest, newest - KEEP_SILENT_MS),
          maxRows,
        )
        .map((row) => integerOf(row, 'id'));
      const list = JSON.stringify(gone);
      db.run('DELETE FROM log_sample WHERE pattern IN (SELECT value FROM json_each(?))', list);
      db.run('DELETE FROM log_pattern WHERE id IN (SELECT value FROM json_each(?))', list);
    },
    forget() {
      numbers.forget();
      heardAt.clear();
    },
  };
}
