import type { LogLabels, LogOddity, LogRecord } from '../domain/log-record.ts';
import { labelsOf, lineOf, type NormaliseLimits, normalise } from '../log-records/index.ts';
import type { LogPatterns } from '../ports/log-patterns.ts';
import type { LogCommit, LogCount, LogSample } from '../ports/log-store.ts';

const MINUTE_MS = 60_000;
/** Label sets of one batch that are told apart; what is beyond keeps namespace and service only. */
const MAX_LABEL_SETS = 5_000;
const SAMPLE_CHARS = 4_000;
/** Another example of a pattern that is known is kept no more often than this. */
const SAMPLE_EVERY_MS = 60_000;

/** What the batches of one process know of one another. */
export interface PatternMemory {
  /** Patterns that are stored, with when an example was last kept; the oldest are forgotten, and stored again in vain. */
  readonly sampledAt: Map<string, number>;
  /** New patterns that may still be stored under their own name in this hour. */
  readonly allowance: { hour: number; left: number };
}

export const MAX_REMEMBERED_PATTERNS = 100_000;
const MAX_NEW_PATTERNS_PER_HOUR = 20_000;
/** Where the lines go whose pattern is one too many of a flood: they are counted, and not told apart. */
export const OVERFLOW_PATTERN = { id: 'overflow', template: '<*>' } as const;

export function createPatternMemory(): PatternMemory {
  return { sampledAt: new Map(), allowance: { hour: 0, left: MAX_NEW_PATTERNS_PER_HOUR } };
}

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
  contents(): Pick<LogCommit, 'counts' | 'patterns' | 'samples'>;
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
  const samples = new Map<string, LogSample>();
  let events = 0;
  let overflowed = 0;
  let lastArrival = 0;

  function patternOf(record: LogRecord, arrivedAt: number): string {
    const line = lineOf(record);
    const patternId = patterns.find(line, record.at);
    const lastSample = memory.sampledAt.get(patternId);
    if (lastSample === undefined && !fresh.has(patternId)) {
      if (!allowed(memory, fresh.size, arrivedAt)) {
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
      const { template, firstAt } = known.get(id) ?? { template: OVERFLOW_PATTERN.template, firstAt: null };
      return { id, template: redact(template), firstSeenAt: firstAt ?? fresh.get(id) ?? lastArrival };
    });
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
      // A pattern may have been joined with another one since its line was found.
      const current = (id: string): string => (id === OVERFLOW_PATTERN.id ? id : patterns.currentId(id));
      const counts = [...tallies()].map((tally) => ({ ...tally, patternId: current(tally.patternId) }));
      const unknown = new Set(counts.map(({ patternId }) => patternId).filter((id) => !memory.sampledAt.has(id)));
      stagedIds = [...unknown];
      return {
        counts,
        patterns: describe(unknown),
        samples: [...samples.values()].map((sample) => ({ ...sample, patternId: current(sample.patternId) })),
      };
    },
    stored() {
      memory.allowance.left -= fresh.size;
      for (const id of [...fresh.keys(), ...stagedIds, ...samples.keys()]) remember(memory, id, lastArrival);
    },
  };
}

/** The one that had an example longest ago makes room. */
export function remember({ sampledAt }: PatternMemory, patternId: string, at: number): void {
  sampledAt.delete(patternId);
  sampledAt.set(patternId, at);
  if (sampledAt.size <= MAX_REMEMBERED_PATTERNS) return;
  for (const oldest of sampledAt.keys()) {
    sampledAt.delete(oldest);
    return;
  }
}

function keyOf({ namespace, service, release, route, status, level, exception }: LogLabels): string {
  return `${namespace ?? ''}\n${service ?? ''}\n${release ?? ''}\n${route ?? ''}\n${status ?? ''}\n${level ?? ''}\n${exception ?? ''}`;
}

function allowed({ allowance }: PatternMemory, staged: number, now: number): boolean {
  const hour = Math.floor(now / 3_600_000);
  if (allowance.hour !== hour) {
    allowance.hour = hour;
    allowance.left = MAX_NEW_PATTERNS_PER_HOUR;
  }
  return staged < allowance.left;
}
