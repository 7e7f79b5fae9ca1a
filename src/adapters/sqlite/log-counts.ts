import { LogLabels } from '../../domain/log-record.ts';
import type { HeardMinute, LogCounts, LogOwner, TroubleCount } from '../../ports/log-counts.ts';
import type { LogSample } from '../../ports/log-store.ts';
import { type Database, integerOf, type Row, textOf } from './database.ts';
import { samplesOf } from './logs.ts';

type LogReads = {
  [K in keyof LogCounts]: (...given: Parameters<LogCounts[K]>) => Awaited<ReturnType<LogCounts[K]>>;
};

/** A pattern keeps few examples; more are never there. */
const MOST_SAMPLES = 16;

/** The label sets of an owner, found by index: ?1 namespace, ?2 JSON list of services, ?3 whether events without namespace belong to it. */
const OWNED = `owned AS MATERIALIZED (
  SELECT id, body FROM log_labels
    WHERE body ->> '$.namespace' = ?1 AND body ->> '$.service' IN (SELECT value FROM json_each(?2))
  UNION ALL
  SELECT id, body FROM log_labels
    WHERE ?3 AND body ->> '$.namespace' IS NULL AND body ->> '$.service' IN (SELECT value FROM json_each(?2)))`;

/** Reads the tables of log events, one owner at a time. */
export function createLogReads(db: Database): LogReads {
  return {
    heard: (owner, since, until, limit) =>
      db
        .all(
          `WITH ${OWNED}
           SELECT c.minute, o.body ->> '$.release' AS release, sum(c.count) AS events,
             coalesce(sum(c.count) FILTER (WHERE o.body ->> '$.status' IS NOT NULL), 0) AS answered,
             coalesce(sum(c.count) FILTER (WHERE o.body ->> '$.status' >= 500), 0) AS failed
           FROM owned o JOIN log_count c ON c.labels = o.id
           WHERE c.minute >= ?4 AND c.minute < ?5 GROUP BY 1, 2 ORDER BY c.minute DESC LIMIT ?6`,
          ...ownerOf(owner),
          since,
          until,
          limit,
        )
        .map(heardOf)
        .toReversed(),
    troubles: (owner, since, until, limit) =>
      db
        .all(
          `WITH ${OWNED}, troubled AS MATERIALIZED (
             SELECT id, body FROM owned WHERE body ->> '$.level' IN ('warn', 'error', 'fatal')
               OR body ->> '$.status' >= 500 OR body ->> '$.exception' IS NOT NULL
               OR (body ->> '$.level' IS NULL AND body ->> '$.status' IS NULL))
           SELECT c.minute, q.pattern_id, q.template, q.first_seen_at, o.body, sum(c.count) AS count
           FROM troubled o JOIN log_count c ON c.labels = o.id
             JOIN log_pattern p ON p.id = c.pattern JOIN log_pattern q ON q.id = coalesce(p.became, p.id)
           WHERE c.minute >= ?4 AND c.minute < ?5
           GROUP BY c.minute, q.id, c.labels ORDER BY c.minute DESC, q.id, c.labels LIMIT ?6`,
          ...ownerOf(owner),
          since,
          until,
          limit,
        )
        .map(troubleOf),
    samplesOf(owner, patternId) {
      return samplesOf(db, patternId, MOST_SAMPLES).filter((sample) => isOf(sample, owner));
    },
  };
}

function ownerOf({ namespace, services, alsoWithoutNamespace }: LogOwner) {
  return [namespace, JSON.stringify(services), alsoWithoutNamespace ? 1 : 0] as const;
}

function isOf({ namespace, service }: LogSample, owner: LogOwner): boolean {
  if (service === null || !owner.services.includes(service)) return false;
  return namespace === null ? owner.alsoWithoutNamespace : namespace === owner.namespace;
}

function heardOf(row: Row): HeardMinute {
  const { release } = row;
  return {
    minute: integerOf(row, 'minute'),
    release: typeof release === 'string' ? release : null,
    events: integerOf(row, 'events'),
    answered: integerOf(row, 'answered'),
    failed: integerOf(row, 'failed'),
  };
}

function troubleOf(row: Row): TroubleCount {
  return {
    minute: integerOf(row, 'minute'),
    patternId: textOf(row, 'pattern_id'),
    template: textOf(row, 'template'),
    firstSeenAt: integerOf(row, 'first_seen_at'),
    labels: LogLabels.parse(JSON.parse(textOf(row, 'body'))),
    count: integerOf(row, 'count'),
  };
}
