import { keyOf, type Template } from './clustering/template.ts';
import { ANY } from './clustering/token.ts';
import { PARAMETER_TYPES, type ParameterType, TYPE_BIT } from './parameter-type.ts';
import { patternIdOf } from './pattern-id.ts';
import { noCounts } from './timescale.ts';

export interface Sample {
  /** Unix ms; null when the line told no time. */
  readonly at: number | null;
  /** Redacted, cut to `LONGEST_SAMPLE`. */
  readonly text: string;
}

export const MOST_SAMPLES = 4;
export const LONGEST_SAMPLE = 1_024;
const MOST_FORMER_IDS = 64;

/** A pattern while it is being mined. */
export interface PatternRecord extends Template {
  readonly id: string;
  /** White space before the token. */
  spaced: readonly boolean[];
  /** Bits of `ParameterType` per token; 0 where there is no parameter. */
  types: number[];
  /** Lines of several lengths belong to it. */
  varied: boolean;
  lines: number;
  firstAt: number | null;
  lastAt: number | null;
  samples: readonly Sample[];
  /** The next sample is kept at this number of lines. */
  nextSample: number;
  counts: number[];
  /** Ids under which it was known before it was joined with others. */
  formerIds: readonly string[];
  /** How much it was seen, the latest counting most; brought up to date when patterns are given up. */
  weight: number;
  linesWeighed: number;
  /** Number of the line that was its last. */
  lastLine: number;
}

export function newRecord({ tokens, print, kinds }: Template, spaced: readonly boolean[]): PatternRecord {
  return {
    id: patternIdOf(tokens),
    tokens,
    print,
    kinds,
    spaced,
    types: tokens.map(() => 0),
    varied: false,
    lines: 0,
    firstAt: null,
    lastAt: null,
    samples: [],
    nextSample: 1,
    counts: noCounts(),
    formerIds: [],
    weight: 0,
    linesWeighed: 0,
    lastLine: 0,
  };
}

/** Several records as one, under the tokens that they have in common. */
export function joinRecords(records: readonly PatternRecord[], template: Template): PatternRecord {
  const { tokens } = template;
  const [only] = records;
  if (records.length === 1 && only !== undefined) return only;
  const out = newRecord(template, spacingOf(records, tokens));
  for (const record of records) {
    out.lines += record.lines;
    out.firstAt = earliest(out.firstAt, record.firstAt);
    out.lastAt = latest(out.lastAt, record.lastAt);
    out.weight += record.weight;
    out.linesWeighed += record.linesWeighed;
    out.lastLine = Math.max(out.lastLine, record.lastLine);
    out.nextSample = Math.max(out.nextSample, record.nextSample);
    out.varied ||= record.varied || record.tokens.length !== tokens.length;
    for (const [bucket, count] of record.counts.entries()) out.counts[bucket] = (out.counts[bucket] ?? 0) + count;
    if (record.tokens.length === tokens.length) joinTypes(out.types, record, tokens);
  }
  out.samples = firstSamples(records.flatMap(({ samples }) => samples));
  const former = records.flatMap((record) => [record.id, ...record.formerIds]).filter((id) => id !== out.id);
  out.formerIds = [...new Set(former)].toSorted().slice(0, MOST_FORMER_IDS);
  return out;
}

function joinTypes(types: number[], { types: own, tokens: words }: PatternRecord, tokens: readonly string[]): void {
  for (const [column, token] of tokens.entries()) {
    if (!token.includes(ANY)) continue;
    const wasParameter = words[column]?.includes(ANY) ?? false;
    types[column] = (types[column] ?? 0) | (own[column] ?? 0) | (wasParameter ? 0 : TYPE_BIT.text);
  }
}

function spacingOf(records: readonly PatternRecord[], tokens: readonly string[]): readonly boolean[] {
  const same = records.filter((record) => record.tokens.length === tokens.length);
  const [first] = same.toSorted((a, b) => (keyOf(a.tokens) < keyOf(b.tokens) ? -1 : 1));
  return first?.spaced ?? tokens.map(() => true);
}

/** The earliest few; those without a time last. */
export function firstSamples(samples: readonly Sample[]): readonly Sample[] {
  const order = (a: Sample, b: Sample) =>
    (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY) ||
    (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);
  const distinct = new Map(samples.toSorted(order).map((sample) => [`${sample.at} ${sample.text}`, sample]));
  return [...distinct.values()].slice(0, MOST_SAMPLES);
}

export function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}

export function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}

/** The template as a person reads it. */
export function templateText(tokens: readonly string[], spaced: readonly boolean[]): string {
  return tokens.map((token, index) => (index > 0 && spaced[index] ? ` ${token}` : token)).join('');
}

/** The types of each parameter, in the order of the template. */
export function parametersOf({ tokens, types }: Pick<PatternRecord, 'tokens' | 'types'>): ParameterType[][] {
  return tokens.flatMap((token, column) =>
    token.includes(ANY) ? [PARAMETER_TYPES.filter((_, bit) => ((types[column] ?? 0) & (1 << bit)) !== 0)] : [],
  );
}
