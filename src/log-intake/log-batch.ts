import type { LogLabels, LogOddity, LogRecord } from '../domain/log-record.ts';
import { labelsOf, lineOf, type NormaliseLimits, normalise } from '../log-records/index.ts';
import type { LogPatterns } from '../ports/log-patterns.ts';
import type { LogCommit, LogCount, LogSample } from '../ports/log-store.ts';
import { isAllowed, type PatternMemory, remember } from './pattern-memory.ts';

const MINUTE_MS = 60_000;
/** Label sets of one batch that are told apart; what is beyond keeps namespace and service only. */
const MAX_LABEL_SETS = 5_000;
const SAMPLE_CHARS = 4_000;
/** Another example of a pattern that is known is kept no more often than this. */
const SAMPLE_EVERY_MS = 60_000;

/** Where the lines go whose pattern is one too many of a flood: they are counted, and not told apart. */
export const OVERFLOW_PATTERN = { id: 'overflow', template: '<*>' } as const;

export interface BatchDeps {
  readonly patterns: LogPatterns;
  /** Takes secrets out of what is stored. */
  readonly redact: (text: string) => string;
  readonly memory: PatternMemory;
  readonly limits: NormaliseLimits;
}

/** Log events on the way to one commit. Nothing outside of it changes until `commit` has been stored. */
export interface LogBatch {
  /** Counts one document. */
  add(document: unknown, arrivedAt: number): LogRecord;
  /** Something odd that shows before a document is one. */
  note(oddity: LogOddity): void;
  readonly events: number;
  readonly oddities: ReadonlyMap<LogOddity, number>;
  readonly overflowed: number;
  contents(): Pick<LogCommit, 'counts' | 'patterns' | 'joins' | 'samples'>;
  /** To be called when it has been stored. */
  stored(): void;
}

/** Events of the same labels, by minute and pattern. */
interface Labelled {
  readonly labels: LogLabels;
  readonly minutes: Map<number, Map<string, number>>;
}

export function createLogBatch({ patterns, redact, memory, limits }: BatchDeps): LogBatch {
  const labelled = new Map<string, Labelled>();
  const oddities = new Map<LogOddity, number>();
  /** Patterns that nobody has stored yet, with the time of their first line here. */
  const fresh = new Map<string, number>();
  let stagedIds: readonly string[] = [];
  let stagedJoins = memory.joins;
  const samples = new Map<string, LogSample>();
  let events = 0;
  let overflowed = 0;
  let lastArrival = 0;

  function patternOf(record: LogRecord, arrivedAt: number): string {
    const line = lineOf(record);
    const patternId = patterns.find(line, record.at);
    const lastSample = memory.sampledAt.get(patternId);
    if (lastSample === undefined && !fresh.has(patternId)) {
      if (!isAllowed(memory, fresh.size, arrivedAt)) {
        overflowed += 1;
        return OVERFLOW_PATTERN.id;
      }
      fresh.set(patternId, record.at);
    }
    if ((lastSample === undefined || arrivedAt - lastSample >= SAMPLE_EVERY_MS) && !samples.has(patternId)) {
      const { at, namespace, service, pod, traceId } = record;
      samples.set(patternId, {
        patternId,
        at,
        namespace,
        service,
        pod,
        traceId,
        line: redact(line.slice(0, SAMPLE_CHARS)),
      });
    }
    return patternId;
  }

  function labelledAs(labels: LogLabels): Labelled {
    const key = keyOf(labels);
    const known = labelled.get(key);
    if (known !== undefined) return known;
    const coarse = labels.release ?? labels.route ?? labels.status ?? labels.exception;
    if (labelled.size >= MAX_LABEL_SETS && coarse !== null)
      return labelledAs({ ...labels, release: null, route: null, status: null, exception: null });
    const added: Labelled = { labels, minutes: new Map() };
    labelled.set(key, added);
    return added;
  }

  function* tallies(): Generator<LogCount> {
    for (const { labels, minutes } of labelled.values())
      for (const [minute, counts] of minutes)
        for (const [patternId, count] of counts) yield { minute, patternId, labels, count };
  }

  function describe(ids: ReadonlySet<string>): LogCommit['patterns'] {
    if (ids.size === 0) return [];
    const known = patterns.describe(ids);
    return [...ids].map((id) => {
      const firstSeenAt = fresh.get(id) ?? lastArrival;
      const found = known.get(id);
      if (found !== undefined)
        return { id, template: redact(found.template), firstSeenAt: found.firstAt ?? firstSeenAt, shape: found.shape };
      // It was given up in a flood since: its example is the best that can be told.
      const [line = ''] = samples.get(id)?.line.split('\n', 1) ?? [];
      return { id, template: line === '' ? OVERFLOW_PATTERN.template : line, firstSeenAt, shape: null };
    });
  }

  /** What became part of what since the store was told. */
  function newJoins(): NonNullable<LogCommit['joins']> {
    if (stagedJoins === memory.joins) return [];
    return [...stagedJoins]
      .filter(([from, to]) => memory.joins.get(from) !== to && memory.sampledAt.has(from))
      .map(([from, to]) => ({ from, to }));
  }

  function note(oddity: LogOddity): void {
    oddities.set(oddity, (oddities.get(oddity) ?? 0) + 1);
  }

  return {
    note,
    add(document, arrivedAt) {
      const { record, oddities: odd } = normalise(document, arrivedAt, limits);
      for (const one of odd) note(one);
      const patternId = patternOf(record, arrivedAt);
      const minute = Math.floor(record.at / MINUTE_MS) * MINUTE_MS;
      const { minutes } = labelledAs(labelsOf(record));
      let counts = minutes.get(minute);
      if (counts === undefined) {
        counts = new Map();
        minutes.set(minute, counts);
      }
      counts.set(patternId, (counts.get(patternId) ?? 0) + 1);
      events += 1;
      lastArrival = arrivedAt;
      return record;
    },
    get events() {
      return events;
    },
    oddities,
    get overflowed() {
      return overflowed;
    },
    contents() {
      patterns.settle();
      stagedJoins = patterns.joins();
      // A pattern may have been joined with another one since its line was found.
      const current = (id: string): string => (id === OVERFLOW_PATTERN.id ? id : patterns.currentId(id));
      const counts = [...tallies()].map((tally) => ({ ...tally, patternId: current(tally.patternId) }));
      const kept = [...samples.values()].map((sample) => ({ ...sample, patternId: current(sample.patternId) }));
      const joins = newJoins();
      // With each example the pattern is told again: the store may have dropped it after a long silence.
      const toTell = new Set([...kept.map(({ patternId }) => patternId), ...joins.map(({ to }) => to)]);
      for (const { patternId } of counts) if (!memory.sampledAt.has(patternId)) toTell.add(patternId);
      stagedIds = [...toTell];
      return { counts, patterns: describe(toTell), joins, samples: kept };
    },
    stored() {
      memory.allowance.left -= fresh.size;
      memory.joins = stagedJoins;
      for (const id of [...fresh.keys(), ...samples.keys(), ...stagedIds]) remember(memory, id, lastArrival);
    },
  };
}

function keyOf({ namespace, service, release, route, status, level, exception }: LogLabels): string {
  return `${namespace ?? ''}\n${service ?? ''}\n${release ?? ''}\n${route ?? ''}\n${status ?? ''}\n${level ?? ''}\n${exception ?? ''}`;
}
