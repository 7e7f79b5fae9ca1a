import { z } from 'zod';
import { keyOf, templateOf } from './clustering/template.ts';
import { ANY } from './clustering/token.ts';
import { earliest, firstSamples, latest, newRecord, type PatternRecord } from './pattern-record.ts';
import { MOST_TOKENS } from './scan-line.ts';
import { BUCKETS, covering, noCounts, onScale, type Timescale } from './timescale.ts';

const Count = z.number().int().nonnegative();
const Moment = z.number().nullable();

export const PatternState = z.strictObject({
  tokens: z.array(z.string().min(1)).max(MOST_TOKENS + 1),
  spaced: z.array(z.boolean()),
  types: z.array(Count),
  varied: z.boolean(),
  lines: Count.positive(),
  firstAt: Moment,
  lastAt: Moment,
  samples: z.array(z.strictObject({ at: Moment, text: z.string() })),
  /** Buckets of the timescale. */
  counts: z.array(Count).max(BUCKETS),
  formerIds: z.array(z.string()),
});
export type PatternState = z.infer<typeof PatternState>;

/** All that a miner knows, as plain JSON: survives a restart, and is merged with the states of other replicas. */
export const MinerState = z.strictObject({
  version: z.literal(1),
  lines: Count,
  /** What was given up to stay within bounds. */
  evicted: z.strictObject({ patterns: Count, lines: Count }),
  /** Whether the timescale is Unix ms or numbers of lines. */
  timed: z.boolean(),
  timescale: z.strictObject({ width: z.number().positive(), first: z.number(), last: z.number() }).nullable(),
  patterns: z.array(PatternState),
});
export type MinerState = z.infer<typeof MinerState>;

export const EMPTY_STATE: MinerState = {
  version: 1,
  lines: 0,
  evicted: { patterns: 0, lines: 0 },
  timed: false,
  timescale: null,
  patterns: [],
};

/** The patterns of several replicas, or of before and after a restart, as one. The order of merging does not matter. */
export function mergeStates(a: MinerState, b: MinerState): MinerState {
  const scale = joinScales(a, b);
  const byKey = new Map<string, PatternState>();
  for (const state of [a, b]) {
    for (const pattern of state.patterns) {
      const moved = { ...pattern, counts: countsOn(state, pattern, scale, a.timed || b.timed) };
      const key = keyOf(pattern.tokens);
      const before = byKey.get(key);
      byKey.set(key, before === undefined ? moved : mergePatterns(before, moved));
    }
  }
  return {
    version: 1,
    lines: a.lines + b.lines,
    evicted: {
      patterns: a.evicted.patterns + b.evicted.patterns,
      lines: a.evicted.lines + b.evicted.lines,
    },
    timed: a.timed || b.timed,
    timescale: scale,
    patterns: [...byKey].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, pattern]) => pattern),
  };
}

/** Where one of them knows times and the other none, only the one with times tells how lines are spread over time. */
function joinScales(a: MinerState, b: MinerState): Timescale | null {
  const [one, other] = [a, b]
    .filter((state) => state.timed === (a.timed || b.timed))
    .flatMap((state) => state.timescale ?? []);
  if (one === undefined || other === undefined) return one ?? null;
  return covering({ ...one, width: Math.max(one.width, other.width) }, other.first, other.last);
}

function countsOn(state: MinerState, { counts }: PatternState, scale: Timescale | null, timed: boolean): number[] {
  if (scale === null || state.timescale === null || state.timed !== timed) return noCounts();
  return onScale(counts, state.timescale, scale);
}

function mergePatterns(a: PatternState, b: PatternState): PatternState {
  const ids = [...new Set([...a.formerIds, ...b.formerIds])].toSorted();
  return {
    tokens: a.tokens,
    spaced: a.spaced.join() < b.spaced.join() ? a.spaced : b.spaced,
    types: a.types.map((bits, column) => bits | (b.types[column] ?? 0)),
    varied: a.varied || b.varied,
    lines: a.lines + b.lines,
    firstAt: earliest(a.firstAt, b.firstAt),
    lastAt: latest(a.lastAt, b.lastAt),
    samples: [...firstSamples([...a.samples, ...b.samples])],
    counts: a.counts.map((count, bucket) => count + (b.counts[bucket] ?? 0)),
    formerIds: ids,
  };
}

export function patternStateOf(record: PatternRecord): PatternState {
  return {
    tokens: [...record.tokens],
    spaced: [...record.spaced],
    types: [...record.types],
    varied: record.varied,
    lines: record.lines,
    firstAt: record.firstAt,
    lastAt: record.lastAt,
    samples: [...record.samples],
    counts: [...record.counts],
    formerIds: [...record.formerIds],
  };
}

/** A record as it was saved. Types of tokens that are no parameter are dropped. */
export function recordOf(state: PatternState): PatternRecord {
  const record = newRecord(templateOf(state.tokens), state.spaced);
  record.types = state.tokens.map((token, column) => (token.includes(ANY) ? (state.types[column] ?? 0) : 0));
  record.varied = state.varied;
  record.lines = state.lines;
  record.linesWeighed = 0;
  record.firstAt = state.firstAt;
  record.lastAt = state.lastAt;
  record.samples = firstSamples(state.samples);
  record.nextSample = 10 ** Math.ceil(Math.log10(state.lines + 1));
  record.counts = Array.from({ length: BUCKETS }, (_, bucket) => state.counts[bucket] ?? 0);
  record.formerIds = state.formerIds;
  return record;
}
