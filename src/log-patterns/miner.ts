import { clusterTemplates } from './clustering/cluster-templates.ts';
import { keyOf, type Template, templateOf } from './clustering/template.ts';
import { ANY } from './clustering/token.ts';
import { createKnownLines } from './known-lines.ts';
import { MIXED } from './mask.ts';
import { createMatcher } from './matcher.ts';
import { type ParameterType, TYPE_BIT } from './parameter-type.ts';
import {
  earliest,
  firstSamples,
  joinRecords,
  LONGEST_SAMPLE,
  latest,
  MOST_SAMPLES,
  newRecord,
  type PatternRecord,
  parametersOf,
  type Sample,
  templateText,
} from './pattern-record.ts';
import { createLineScanner, LONGEST_SCANNED } from './scan-line.ts';
import { shapeOf } from './shape.ts';
import { EMPTY_STATE, type MinerState, patternStateOf, recordOf } from './state.ts';
import { BUCKETS, bucketOf, covering, EMPTY_SCALE, onScale } from './timescale.ts';

export interface MinerOptions {
  /** Takes secrets out of a text. Only what it returns is ever kept. */
  readonly redact: (text: string) => string;
  /** Patterns that are known at once. Beyond that those that are seen least are given up, and counted. */
  readonly maxPatterns?: number;
  /** Of the hashes by which lines are recognised; a number that nobody outside knows keeps lines from being made to collide. */
  readonly seed?: number;
  /** What an earlier miner knew. */
  readonly state?: MinerState;
}

/** The pattern of one line, at once. It may be joined with others later: `currentId` tells. */
export interface PatternHit {
  readonly id: string;
  /** Lines of it until now; 1 = the first. */
  readonly lines: number;
}

export interface LogPattern {
  /** Hash of the template: the same everywhere. */
  readonly id: string;
  /** The text that all of its lines share, `<*>` where they differ. */
  readonly template: string;
  /** For each token that holds a `<*>`, what was seen there. */
  readonly parameters: readonly (readonly ParameterType[])[];
  readonly lines: number;
  /** Unix ms; null when no line of it told its time. */
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly samples: readonly Sample[];
  /** Lines over time, in buckets of equal width that all patterns share. Those that tell no time are left out; where none does, it is their order. */
  readonly counts: readonly number[];
  readonly formerIds: readonly string[];
}

export type KnownPattern = Pick<LogPattern, 'id' | 'template' | 'firstAt'> & { readonly shape: string };

/** Takes lines, one by one, and tells their patterns. Everything is bounded by `maxPatterns`. */
export interface LogMiner {
  /** The pattern of a line. Linear in the line, of which no more than its first 8,192 characters are looked at. */
  add(line: string, atMs?: number): PatternHit;
  /** Joins what turned out to be the same. Happens by itself as patterns are found, and before `patterns` and `state`. */
  settle(): void;
  /** As `settle`, once the new patterns are so many that it is worth the time. */
  settleSoon(): void;
  /** Ids of patterns that were joined with others, with those under which they are known now. The same Map until that changes. */
  joins(): ReadonlyMap<string, string>;
  /** Those of the ids that are known now, as they are: nothing is joined for it. */
  known(ids: ReadonlySet<string>): readonly KnownPattern[];
  /** Most lines first. */
  patterns(): readonly LogPattern[];
  /** The id under which a pattern of an earlier hit is known now. Unknown ids come back as they are. */
  currentId(id: string): string;
  state(): MinerState;
  readonly lines: number;
  readonly evicted: { readonly patterns: number; readonly lines: number };
}

const MAX_PATTERNS = 4_096;
const LEAST_BETWEEN_SETTLING = 64;
/** Of all patterns, so many may be new before it is worth the time to look for what is the same. */
const NEW_SHARE = 1 / 16;
/** Cutting a line may cut a secret so that it is not recognised: what stands so near the cut is dropped. */
const CUT_MARGIN = 1_024;

export function createLogMiner(options: MinerOptions): LogMiner {
  const { redact, maxPatterns = MAX_PATTERNS, seed = 0x5eed, state: given = EMPTY_STATE } = options;
  const scanner = createLineScanner(seed);
  const known = createKnownLines();
  let records: PatternRecord[] = given.patterns.slice(0, maxPatterns).map(recordOf);
  let matcher = createMatcher(records);
  let scale = given.timescale ?? EMPTY_SCALE;
  let { first, last } = scale;
  let timed = given.timed;
  let lines = given.lines;
  let unsettled = 0;
  let currentIds = formerIdsOf(records);
  const evicted = { ...given.evicted };

  function add(line: string, atMs?: number): PatternHit {
    lines += 1;
    scanner.scan(line);
    const place = known.find(scanner.hashLow(), scanner.hashHigh());
    if (place < 0) return addUnknown(line, atMs);
    const record = records[known.patternAt(place)];
    if (record === undefined) throw new RangeError('a known line without a pattern');
    if (known.typesAt(place) !== scanner.types()) {
      known.setTypes(place, scanner.types());
      noteTypes(record);
    }
    return count(record, line, atMs);
  }

  /** Nothing of the line is kept before it is redacted; what it looks like is then found out again. */
  function addUnknown(line: string, atMs: number | undefined): PatternHit {
    const clean = redactCut(line);
    scanner.scan(clean);
    const place = known.find(scanner.hashLow(), scanner.hashHigh());
    let pattern = place < 0 ? -1 : known.patternAt(place);
    if (pattern < 0) {
      const template = templateOf(tokensOf());
      pattern = matcher.find(template);
      if (pattern < 0) pattern = addPattern(template);
      known.add(scanner.hashLow(), scanner.hashHigh(), pattern, scanner.types());
    }
    const record = records[pattern];
    if (record === undefined) throw new RangeError('a line without a pattern');
    noteTypes(record);
    const hit = count(record, line, atMs);
    if (unsettled < roomForMore()) return hit;
    settle();
    return records.find((one) => one.id === currentId(hit.id)) ?? hit;
  }

  function roomForMore(): number {
    const before = records.length - unsettled;
    return Math.min(Math.max(LEAST_BETWEEN_SETTLING, before), Math.max(1, maxPatterns - before));
  }

  function redactCut(line: string): string {
    if (line.length <= LONGEST_SCANNED) return redact(line);
    const clean = redact(line.slice(0, LONGEST_SCANNED + CUT_MARGIN));
    // One character more than is looked at says that the line goes on.
    return clean.slice(0, Math.min(LONGEST_SCANNED + 1, clean.length - CUT_MARGIN + 1)).padEnd(LONGEST_SCANNED + 1);
  }

  function tokensOf(): readonly string[] {
    return Array.from({ length: scanner.count() }, (_, index) => scanner.text(index));
  }

  function addPattern(template: Template): number {
    const spaced = template.tokens.map((_, index) => scanner.spaced(index));
    records.push(newRecord(template, spaced));
    matcher.add(template, records.length - 1);
    unsettled += 1;
    return records.length - 1;
  }

  function noteTypes(record: PatternRecord): void {
    if (record.tokens.length !== scanner.count()) return;
    for (const [column, token] of record.tokens.entries()) {
      if (!token.includes(ANY)) continue;
      const mask = scanner.mask(column);
      const bit = mask > 0 ? mask : mask === MIXED && token !== ANY ? TYPE_BIT.number : TYPE_BIT.text;
      record.types[column] = (record.types[column] ?? 0) | bit;
    }
  }

  function count(record: PatternRecord, line: string, atMs: number | undefined): PatternHit {
    record.lines += 1;
    record.lastLine = lines;
    if (record.lines >= record.nextSample) keepSample(record, line, atMs);
    if (atMs !== undefined) {
      if (!timed) beginTime();
      record.firstAt = earliest(record.firstAt, atMs);
      record.lastAt = latest(record.lastAt, atMs);
    }
    if (atMs !== undefined || !timed) countAt(record, atMs ?? lines);
    return record;
  }

  function countAt(record: PatternRecord, at: number): void {
    let bucket = bucketOf(scale, at);
    if (bucket < 0 || bucket >= BUCKETS || first > last) {
      grow(at);
      bucket = bucketOf(scale, at);
    }
    if (at < first) first = at;
    if (at > last) last = at;
    record.counts[bucket] = (record.counts[bucket] ?? 0) + 1;
  }

  function grow(at: number): void {
    const next = covering({ ...scale, first, last }, at, at);
    if (first <= last) for (const record of records) record.counts = onScale(record.counts, scale, next);
    scale = next;
  }

  /** The first line with a time: from now on only such lines are counted over time. */
  function beginTime(): void {
    timed = true;
    scale = EMPTY_SCALE;
    ({ first, last } = scale);
    for (const record of records) record.counts.fill(0);
  }

  function keepSample(record: PatternRecord, line: string, atMs: number | undefined): void {
    record.nextSample *= 10;
    if (record.samples.length >= MOST_SAMPLES) return;
    const text = copyOf(redactCut(line).slice(0, LONGEST_SAMPLE).trimEnd());
    record.samples = firstSamples([...record.samples, { at: atMs ?? null, text }]);
  }

  function settle(): void {
    if (unsettled === 0) return;
    const joined = clusterTemplates(records);
    const numbers = new Int32Array(records.length).fill(-1);
    const next = joined.map((cluster, index) => {
      for (const member of cluster.members) numbers[member] = index;
      return joinRecords(
        cluster.members.flatMap((member) => records[member] ?? []),
        cluster,
      );
    });
    records = withinBounds(next, numbers);
    known.renumber(numbers);
    matcher = createMatcher(records);
    unsettled = 0;
    currentIds = formerIdsOf(records);
  }

  /** Gives up what is seen least, half of the room at once so that this is rare. */
  function withinBounds(all: PatternRecord[], numbers: Int32Array): PatternRecord[] {
    if (all.length <= maxPatterns * 0.75) return all;
    for (const record of all) {
      record.weight = record.weight / 2 + (record.lines - record.linesWeighed);
      record.linesWeighed = record.lines;
    }
    const byWorth = all.toSorted((a, b) => b.weight - a.weight || b.lastLine - a.lastLine);
    const kept = new Set(byWorth.slice(0, Math.ceil(maxPatterns / 2)));
    const places = new Map([...kept].map((record, index) => [record, index]));
    for (const record of all) {
      if (kept.has(record)) continue;
      evicted.patterns += 1;
      evicted.lines += record.lines;
    }
    for (const [index, number] of numbers.entries()) {
      const record = number < 0 ? undefined : all[number];
      numbers[index] = record === undefined ? -1 : (places.get(record) ?? -1);
    }
    return [...kept];
  }

  function patterns(): readonly LogPattern[] {
    settle();
    return records
      .toSorted((a, b) => b.lines - a.lines || (keyOf(a.tokens) < keyOf(b.tokens) ? -1 : 1))
      .map((record) => ({
        id: record.id,
        template: templateText(record.tokens, record.spaced),
        parameters: parametersOf(record),
        lines: record.lines,
        firstAt: record.firstAt,
        lastAt: record.lastAt,
        samples: record.samples,
        counts: [...record.counts],
        formerIds: record.formerIds,
      }));
  }

  function knownOf(ids: ReadonlySet<string>): readonly KnownPattern[] {
    return records
      .filter(({ id }) => ids.has(id))
      .map((record) => ({
        id: record.id,
        template: templateText(record.tokens, record.spaced),
        firstAt: record.firstAt,
        shape: shapeOf(record),
      }));
  }

  function currentId(id: string): string {
    return currentIds.get(id) ?? id;
  }

  function state(): MinerState {
    settle();
    return {
      version: 1,
      lines,
      evicted: { ...evicted },
      timed,
      timescale: first <= last ? { width: scale.width, first, last } : null,
      patterns: records.toSorted((a, b) => (keyOf(a.tokens) < keyOf(b.tokens) ? -1 : 1)).map(patternStateOf),
    };
  }

  return {
    add,
    settle,
    settleSoon() {
      if (unsettled > records.length * NEW_SHARE) settle();
    },
    joins: () => currentIds,
    known: knownOf,
    patterns,
    currentId,
    state,
    get lines() {
      return lines;
    },
    get evicted() {
      return evicted;
    },
  };
}

function formerIdsOf(records: readonly PatternRecord[]): ReadonlyMap<string, string> {
  return new Map(records.flatMap(({ id, formerIds }) => formerIds.map((former) => [former, id])));
}

/** The same text in memory of its own; a half of a character becomes the sign for an unreadable one. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
