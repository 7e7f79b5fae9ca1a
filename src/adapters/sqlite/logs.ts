import { LogLabels } from '../../domain/log-record.ts';
import type { LogCommit, LogRetention, LogSample, LogStore, SeenIds, StoredLogCount } from '../../ports/log-store.ts';
import { type Database, inTransaction, integerOf, type Row, textOf } from './database.ts';
import { createLogPatternTable } from './log-patterns.ts';
import { createNumbering } from './numbering.ts';

type LogTables = {
  [K in keyof LogStore]: (...given: Parameters<LogStore[K]>) => Awaited<ReturnType<LogStore[K]>>;
};

const SAMPLES_PER_PATTERN = 8;

/** The tables of log events. One commit is one transaction: counts, position and what was seen move together or not at all. */
export function createLogTables(db: Database): LogTables {
  const sources = createNumbering(db, 'SELECT id FROM log_source WHERE name = ?', (name) => {
    db.run('INSERT INTO log_source (name) VALUES (?) ON CONFLICT DO NOTHING', name);
  });
  const labels = createNumbering(db, 'SELECT id FROM log_labels WHERE body = ?', (body) => {
    db.run('INSERT INTO log_labels (body) VALUES (?) ON CONFLICT DO NOTHING', body);
  });
  const patterns = createLogPatternTable(db);

  function write(change: LogCommit): void {
    const source = sources.of(change.source);
    for (const pattern of change.patterns) patterns.keep(pattern);
    for (const { from, to } of change.joins ?? []) patterns.join(from, to);
    for (const { minute, patternId, labels: given, count } of change.counts) {
      db.run(
        `INSERT INTO log_count (minute, source, pattern, labels, count) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO UPDATE SET count = count + ?5`,
        minute,
        source,
        patterns.heard(patternId, minute),
        labels.of(labelsText(given)),
        count,
      );
    }
    for (const sample of change.samples) keepSample(db, patterns.of(sample.patternId), sample);
    if (change.position !== null) db.run('UPDATE log_source SET position = ? WHERE id = ?', change.position, source);
    if (change.seen !== null && change.seen.ids.length > 0) {
      db.run(
        'INSERT INTO log_seen (source, at, ids) VALUES (?, ?, ?)',
        source,
        change.seen.at,
        packed(change.seen.ids),
      );
    }
    if (change.forgetBefore !== null) {
      db.run('DELETE FROM log_seen WHERE source = ? AND at < ?', source, change.forgetBefore);
      db.run('DELETE FROM log_receipt WHERE source = ? AND at < ?', source, change.forgetBefore);
    }
    for (const hash of change.receipts?.remove ?? []) {
      db.run('DELETE FROM log_receipt WHERE source = ? AND hash = ?', source, hash);
    }
    for (const { hash, at } of change.receipts?.add ?? []) {
      db.run('INSERT OR REPLACE INTO log_receipt (source, hash, at) VALUES (?, ?, ?)', source, hash, at);
    }
  }

  return {
    commit(change) {
      try {
        inTransaction(db, () => write(change));
      } catch (error) {
        // Numbers given out in what was undone would point nowhere.
        for (const numbering of [sources, labels, patterns]) numbering.forget();
        throw error;
      }
    },
    position(source) {
      const position = db.get('SELECT position FROM log_source WHERE name = ?', source)?.position;
      return typeof position === 'string' ? position : null;
    },
    seen: (source) =>
      db
        .all(
          'SELECT e.at, e.ids FROM log_seen e JOIN log_source s ON s.id = e.source WHERE s.name = ? ORDER BY e.seq',
          source,
        )
        .map((row) => ({ at: integerOf(row, 'at'), ids: unpacked(row) })),
    receipts: (source) =>
      db
        .all('SELECT r.hash, r.at FROM log_receipt r JOIN log_source s ON s.id = r.source WHERE s.name = ?', source)
        .map((row) => ({ hash: textOf(row, 'hash'), at: integerOf(row, 'at') })),
    counts: ({ since, until, limit }) =>
      db
        .all(
          `SELECT c.minute, s.name, q.pattern_id, l.body, sum(c.count) AS count
           FROM log_count c JOIN log_source s ON s.id = c.source JOIN log_labels l ON l.id = c.labels
             JOIN log_pattern p ON p.id = c.pattern JOIN log_pattern q ON q.id = coalesce(p.became, p.id)
           WHERE c.minute >= ? AND c.minute < ?
           GROUP BY c.minute, c.source, q.id, c.labels ORDER BY c.minute, c.source, q.id, c.labels LIMIT ?`,
          since,
          until,
          limit,
        )
        .map(countOf),
    patterns: (limit) => patterns.all(limit),
    samples: (patternId, limit) => samplesOf(db, patternId, limit),
    prune(now, caps, maxRows) {
      const removed = inTransaction(db, () => {
        const counts = pruneLogs(db, now, caps, maxRows);
        patterns.prune(now - caps.maxAgeMs, maxRows);
        return counts;
      });
      if (removed > 0) for (const numbering of [labels, patterns]) numbering.forget();
      return removed;
    },
  };
}

/** Examples of a pattern, newest first; those of what was joined into it belong to it. */
export function samplesOf(db: Database, patternId: string, limit: number): LogSample[] {
  return db
    .all(
      `SELECT x.body FROM log_sample x JOIN log_pattern p ON p.id = x.pattern
       WHERE p.pattern_id = ?1 OR p.became = (SELECT id FROM log_pattern WHERE pattern_id = ?1)
       ORDER BY x.seq DESC LIMIT ?2`,
      patternId,
      limit,
    )
    .map((row) => JSON.parse(textOf(row, 'body')) as LogSample);
}

/** The first examples stay, for they tell how it began; of the others the latest. */
function keepSample(db: Database, pattern: number, sample: LogSample): void {
  db.run('INSERT INTO log_sample (pattern, at, body) VALUES (?, ?, ?)', pattern, sample.at, JSON.stringify(sample));
  db.run(
    `DELETE FROM log_sample WHERE seq = (
       SELECT seq FROM log_sample WHERE pattern = ?1 ORDER BY seq LIMIT 1 OFFSET 2)
     AND (SELECT count(*) FROM log_sample WHERE pattern = ?1) > ?2`,
    pattern,
    SAMPLES_PER_PATTERN,
  );
}

function pruneLogs(db: Database, now: number, { maxAgeMs, maxRows: cap }: LogRetention, maxRows: number): number {
  const excess = integerOf(db.get('SELECT count(*) AS rows FROM log_count') ?? {}, 'rows') - cap;
  const removed = db.run(
    `DELETE FROM log_count WHERE (minute, source, pattern, labels) IN (
       SELECT minute, source, pattern, labels FROM log_count ORDER BY minute LIMIT ?1) AND (minute < ?2 OR ?3)`,
    excess > 0 ? Math.min(maxRows, excess) : maxRows,
    now - maxAgeMs,
    excess > 0 ? 1 : 0,
  );
  if (removed === 0) return 0;
  db.run(
    'DELETE FROM log_sample WHERE seq IN (SELECT seq FROM log_sample WHERE at < ? ORDER BY seq LIMIT ?)',
    now - maxAgeMs,
    maxRows,
  );
  return removed;
}

function countOf(row: Row): StoredLogCount {
  return {
    minute: integerOf(row, 'minute'),
    source: textOf(row, 'name'),
    patternId: textOf(row, 'pattern_id'),
    labels: LogLabels.parse(JSON.parse(textOf(row, 'body'))),
    count: integerOf(row, 'count'),
  };
}

/** Always the same text for the same labels: it is what they are found by. */
function labelsText({ namespace, service, release, route, status, level, exception }: LogLabels): string {
  return JSON.stringify({ namespace, service, release, route, status, level, exception } satisfies LogLabels);
}

function packed(ids: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(ids).buffer);
}

function unpacked(row: Row): SeenIds['ids'] {
  const bytes = row['ids'];
  if (!(bytes instanceof Uint8Array)) throw new TypeError('column ids holds no bytes');
  // A copy: the bytes of a row may begin anywhere, a number only at a multiple of its size.
  return [...new Float64Array(bytes.slice().buffer)];
}
