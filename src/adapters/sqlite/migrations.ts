import { HaleError } from '../../domain/errors.ts';
import { type Database, inTransaction, integerOf } from './database.ts';

interface Migration {
  readonly name: string;
  readonly sql: string;
}

/** `HALE` in ASCII: marks the file as a store of Hale, so that no other database is ever taken for one. */
export const APPLICATION_ID = 0x48_41_4c_45;

/**
 * Forward only: a migration that was released is never edited, the next one is appended. Version n is the n-th entry.
 * Records are JSON in `body`; the other columns are what is looked up, kept unique, or (version, attempts, wake_at) changed without the record.
 * Signals have no foreign key: they keep de-duplicating after their incident was pruned.
 */
const MIGRATIONS: readonly Migration[] = [
  {
    name: 'first tables',
    sql: `
      CREATE TABLE incident (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
        key TEXT NOT NULL, purpose TEXT NOT NULL, phase TEXT NOT NULL, self_resolved INTEGER NOT NULL,
        opened_at INTEGER NOT NULL, ended_at INTEGER, wake_at INTEGER, cause_key TEXT,
        previous_id TEXT, leader_id TEXT, body TEXT NOT NULL
      ) STRICT;
      CREATE UNIQUE INDEX incident_open_key ON incident (key) WHERE phase <> 'closed';
      CREATE UNIQUE INDEX incident_open_cause ON incident (cause_key) WHERE phase <> 'closed' AND cause_key IS NOT NULL;
      CREATE INDEX incident_wake ON incident (wake_at) WHERE wake_at IS NOT NULL;
      CREATE INDEX incident_opened ON incident (opened_at);
      CREATE INDEX incident_open ON incident (opened_at) WHERE phase <> 'closed';
      CREATE INDEX incident_phase ON incident (phase, opened_at);
      CREATE INDEX incident_ended ON incident (ended_at) WHERE phase = 'closed';
      CREATE INDEX incident_previous ON incident (previous_id) WHERE phase <> 'closed' AND previous_id IS NOT NULL;
      CREATE INDEX incident_leader ON incident (leader_id) WHERE phase <> 'closed' AND leader_id IS NOT NULL;

      CREATE TABLE obligation (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
        incident_id TEXT REFERENCES incident (id), kind TEXT NOT NULL, status TEXT NOT NULL,
        created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, wake_at INTEGER, return_incident_id TEXT, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX obligation_wake ON obligation (wake_at) WHERE wake_at IS NOT NULL;
      CREATE INDEX obligation_incident ON obligation (incident_id, status);
      CREATE INDEX obligation_due ON obligation (due_at);
      CREATE INDEX obligation_open ON obligation (due_at) WHERE status = 'open';
      CREATE INDEX obligation_return ON obligation (return_incident_id)
        WHERE status = 'open' AND return_incident_id IS NOT NULL;

      CREATE TABLE signal (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, dedupe_key TEXT NOT NULL UNIQUE, occurrence TEXT NOT NULL,
        status TEXT NOT NULL, at INTEGER NOT NULL, incident_id TEXT, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX signal_inbox ON signal (incident_id, seq) WHERE incident_id IS NOT NULL;
      CREATE INDEX signal_resolved ON signal (occurrence) WHERE status = 'resolved';

      CREATE TABLE evidence (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        incident_id TEXT NOT NULL REFERENCES incident (id), at INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX evidence_incident ON evidence (incident_id, seq);

      CREATE TABLE audit (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, incident_id TEXT, at INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX audit_incident ON audit (incident_id, at) WHERE incident_id IS NOT NULL;
      CREATE INDEX audit_at ON audit (at);

      CREATE TABLE intent (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, idempotency_key TEXT NOT NULL UNIQUE,
        incident_id TEXT NOT NULL REFERENCES incident (id), subject_uid TEXT NOT NULL, committed_at INTEGER NOT NULL,
        result TEXT, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX intent_incident ON intent (incident_id, seq);
      CREATE INDEX intent_subject ON intent (subject_uid, committed_at);

      CREATE TABLE approval (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, plan_digest TEXT NOT NULL UNIQUE,
        incident_id TEXT NOT NULL REFERENCES incident (id), used_at INTEGER, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX approval_incident ON approval (incident_id);

      CREATE TABLE held_key (key TEXT PRIMARY KEY, holder TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX held_key_holder ON held_key (holder);
      CREATE TABLE counted_key (
        seq INTEGER PRIMARY KEY, key TEXT NOT NULL, holder TEXT NOT NULL, at INTEGER NOT NULL, window_ms INTEGER NOT NULL
      ) STRICT;
      CREATE INDEX counted_key_window ON counted_key (key, at);
      CREATE INDEX counted_key_holder ON counted_key (holder);
      CREATE INDEX counted_key_end ON counted_key (at);

      CREATE TABLE freeze (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
      CREATE TABLE autonomy (
        policy_id TEXT NOT NULL, namespace TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (policy_id, namespace)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE probe (one INTEGER PRIMARY KEY CHECK (one = 1), filling BLOB NOT NULL) STRICT;
    `,
  },
  {
    name: 'attempts as a column',
    sql: `
      ALTER TABLE incident ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
      UPDATE incident SET attempts = coalesce(body ->> '$.attempts', 0);
      ALTER TABLE obligation ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
      UPDATE obligation SET attempts = coalesce(body ->> '$.attempts', 0);
    `,
  },
  {
    // Rows of before keep it in their body alone: there may be a million of them, and the start does not wait for that.
    name: 'beginning of signals as a column',
    sql: 'ALTER TABLE signal ADD COLUMN started_at INTEGER',
  },
  {
    name: 'counts of log events',
    sql: `
      CREATE TABLE log_source (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, position TEXT) STRICT;
      CREATE TABLE log_pattern (
        id INTEGER PRIMARY KEY, pattern_id TEXT NOT NULL UNIQUE, template TEXT NOT NULL, first_seen_at INTEGER NOT NULL
      ) STRICT;
      CREATE TABLE log_labels (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
      CREATE TABLE log_count (
        minute INTEGER NOT NULL, source INTEGER NOT NULL, pattern INTEGER NOT NULL, labels INTEGER NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY (minute, source, pattern, labels)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE log_sample (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, pattern INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL
      ) STRICT;
      CREATE INDEX log_sample_pattern ON log_sample (pattern, seq);
      CREATE TABLE log_seen (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, source INTEGER NOT NULL, at INTEGER NOT NULL, ids BLOB NOT NULL
      ) STRICT;
      CREATE INDEX log_seen_at ON log_seen (source, at);
      CREATE TABLE log_receipt (
        source INTEGER NOT NULL, hash TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (source, hash)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  {
    name: 'counts of log events by owner',
    sql: `
      CREATE INDEX log_count_labels ON log_count (labels, minute);
      CREATE INDEX log_labels_owner ON log_labels (body ->> '$.namespace', body ->> '$.service');
    `,
  },
  {
    // Nothing moves: rows of before are read as they are. What an older Hale could not read any more, it has to refuse.
    name: 'signals do not repeat their columns',
    sql: 'SELECT 1',
  },
  {
    name: 'patterns of log events that were joined, and how they are known again',
    sql: `
      ALTER TABLE log_pattern ADD COLUMN shape TEXT;
      ALTER TABLE log_pattern ADD COLUMN became INTEGER;
      ALTER TABLE log_pattern ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX log_pattern_became ON log_pattern (became) WHERE became IS NOT NULL;
      UPDATE log_pattern SET heard_at = c.at
        FROM (SELECT pattern, max(minute) AS at FROM log_count GROUP BY pattern) c WHERE c.pattern = log_pattern.id;
      CREATE INDEX log_pattern_heard ON log_pattern (heard_at);
    `,
  },
];

/** Brings the tables to the newest version that this program knows. Throws `store-schema-newer` when the file is ahead of it. */
export function migrate(db: Database, { path, now }: { path: string; now: number }): void {
  db.exec(
    'CREATE TABLE IF NOT EXISTS migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL) STRICT',
  );
  const stored = integerOf(db.get('SELECT coalesce(max(version), 0) AS version FROM migration') ?? {}, 'version');
  if (stored > MIGRATIONS.length) {
    throw new HaleError(
      'store-schema-newer',
      `store ${path} has schema version ${stored}, this Hale knows up to ${MIGRATIONS.length}: ` +
        'run the newer Hale that wrote it, or point store.path at another file',
      { details: { path, stored, known: MIGRATIONS.length } },
    );
  }
  MIGRATIONS.slice(stored).forEach((migration, index) => {
    inTransaction(db, () => {
      db.exec(migration.sql);
      db.run('INSERT INTO migration (version, name, at) VALUES (?, ?, ?)', stored + index + 1, migration.name, now);
    });
  });
}
