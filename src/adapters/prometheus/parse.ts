import { HaleError } from '../../domain/errors.ts';
import type { AlertRule, InstantSample, MetricsAnswer, RangeSeries } from '../../ports/metrics.ts';
import { createListReader } from '../http/list-reader.ts';

/** Thrown inside this folder when the answer is not what Prometheus sends; `index.ts` translates it. */
export class MalformedAnswer extends Error {
  constructor(where: string, expected: string) {
    super(`${where}: expected ${expected}`);
    this.name = 'MalformedAnswer';
  }
}

/** Warnings are shown to people and kept as evidence: the other side does not decide how many and how long. */
const MAX_WARNINGS = 20;
const MAX_WARNING_LENGTH = 400;

export interface Envelope {
  readonly status: 'success' | 'error';
  readonly data: unknown;
  readonly errorType: string;
  readonly error: string;
  readonly warnings: readonly string[];
}

/** The frame around every answer of the HTTP API; infos are warnings to us, for both say that a figure may not mean what it seems to. */
export function parseEnvelope(text: string): Envelope {
  const body = asObject(parseJson(text, 'body'), 'body');
  if (body['status'] !== 'success' && body['status'] !== 'error') {
    throw new MalformedAnswer('status', '"success" or "error"');
  }
  return {
    status: body['status'],
    data: body['data'],
    errorType: typeof body['errorType'] === 'string' ? body['errorType'] : '',
    error: typeof body['error'] === 'string' ? body['error'] : '',
    warnings: [...texts(body['warnings']), ...texts(body['infos'])].slice(0, MAX_WARNINGS),
  };
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedAnswer(where, 'JSON');
  }
}

/** A vector, or a scalar as one sample without labels. Native histograms have no single value: they are left out, and that is said. */
export function parseInstant(data: unknown): MetricsAnswer<InstantSample> {
  const { resultType, result } = asObject(data, 'data');
  if (resultType === 'scalar') {
    const point = parsePoint(result, 'data.result');
    return { series: [{ labels: {}, ...point }], warnings: [] };
  }
  if (resultType === 'matrix' || resultType === 'string') {
    const kind = resultType === 'matrix' ? 'a range vector' : 'a text';
    throw new HaleError(
      'metrics-rejected',
      `the instant query answers with ${kind}; write one that answers with numbers`,
    );
  }
  if (resultType !== 'vector') throw new MalformedAnswer('data.resultType', '"vector" or "scalar"');
  const series: InstantSample[] = [];
  let histograms = 0;
  for (const [index, item] of asArray(result, 'data.result').entries()) {
    const sample = parseSample(item, `data.result[${index}]`);
    if (sample === null) histograms += 1;
    else series.push(sample);
  }
  return { series, warnings: histogramWarning(histograms) };
}

/** Reads the text of a vector as it comes and hands each sample over; `take` gets their number as well, and may throw. */
export function createSampleReader(take: (sample: InstantSample | null, count: number) => void): SampleReader {
  let count = 0;
  let histograms = 0;
  const reader = createListReader('result', (text) => {
    const where = `data.result[${count}]`;
    const sample = parseSample(parseJson(text, where), where);
    if (sample === null) histograms += 1;
    count += 1;
    take(sample, count);
  });
  const guarded = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw error instanceof SyntaxError ? new MalformedAnswer('data.result', 'a list of samples') : error;
    }
  };
  return {
    push: (piece) => guarded(() => reader.push(piece)),
    end: () => ({ envelope: parseEnvelope(guarded(() => reader.end()).rest), warnings: histogramWarning(histograms) }),
  };
}

export interface SampleReader {
  push(piece: string): void;
  /** What is left to be parsed as a whole: with an empty list of results where they were handed over. */
  end(): { readonly envelope: Envelope; readonly warnings: readonly string[] };
}

/** Null for a native histogram. */
function parseSample(item: unknown, where: string): InstantSample | null {
  const entry = asObject(item, where);
  if (entry['value'] === undefined && entry['histogram'] !== undefined) return null;
  return { labels: parseLabels(entry['metric'], where), ...parsePoint(entry['value'], where) };
}

export function parseRange(data: unknown): MetricsAnswer<RangeSeries> {
  const { resultType, result } = asObject(data, 'data');
  if (resultType !== 'matrix') throw new MalformedAnswer('data.resultType', '"matrix"');
  const series: RangeSeries[] = [];
  let histograms = 0;
  for (const [index, item] of asArray(result, 'data.result').entries()) {
    const where = `data.result[${index}]`;
    const entry = asObject(item, where);
    if (entry['histograms'] !== undefined) histograms += 1;
    if (entry['values'] === undefined) {
      if (entry['histograms'] === undefined) throw new MalformedAnswer(where, '"values" or "histograms"');
      continue;
    }
    const points = asArray(entry['values'], where).map((point) => parsePoint(point, where));
    series.push({ labels: parseLabels(entry['metric'], where), points });
  }
  return { series, warnings: histogramWarning(histograms) };
}

export function parseAlertRules(data: unknown): AlertRule[] {
  const rules: AlertRule[] = [];
  for (const [g, item] of asArray(asObject(data, 'data')['groups'], 'data.groups').entries()) {
    const group = asObject(item, `data.groups[${g}]`);
    for (const [r, listed] of asArray(group['rules'], `data.groups[${g}].rules`).entries()) {
      const where = `data.groups[${g}].rules[${r}]`;
      const rule = asObject(listed, where);
      // Servers before 2.x ignore type=alert and list recording rules as well.
      if (rule['type'] !== 'alerting') continue;
      const { duration } = rule;
      if (typeof duration !== 'number') throw new MalformedAnswer(`${where}.duration`, 'a number of seconds');
      rules.push({
        name: asText(rule['name'], `${where}.name`),
        group: asText(group['name'], `data.groups[${g}].name`),
        expression: asText(rule['query'], `${where}.query`),
        forMs: Math.round(duration * 1000),
        labels: parseLabels(rule['labels'] ?? {}, where),
        annotations: parseLabels(rule['annotations'] ?? {}, where),
      });
    }
  }
  return rules;
}

/** `application` is what Mimir and others add; Prometheus itself has none. */
export function parseVersion(data: unknown): string {
  const { application, version } = asObject(data, 'data');
  const product = typeof application === 'string' && application !== '' ? application : 'Prometheus';
  return `${product} ${asText(version, 'data.version')}`;
}

function parsePoint(value: unknown, where: string): { at: number; value: number } {
  const [seconds, text] = asArray(value, where);
  if (typeof seconds !== 'number' || typeof text !== 'string') {
    throw new MalformedAnswer(where, 'a pair of a time in seconds and a value in quotes');
  }
  return { at: Math.round(seconds * 1000), value: parseSampleValue(text, where) };
}

/** Prometheus writes values as Go does: decimal, with an exponent, `NaN`, `+Inf` or `-Inf`. */
function parseSampleValue(text: string, where: string): number {
  if (text === 'NaN') return Number.NaN;
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new MalformedAnswer(where, 'a number');
  return value;
}

function parseLabels(value: unknown, where: string): Readonly<Record<string, string>> {
  const labels = asObject(value, `${where}, its labels`);
  for (const name of Object.keys(labels)) asText(labels[name], `${where}, label ${name}`);
  return labels as Record<string, string>;
}

function histogramWarning(count: number): string[] {
  if (count === 0) return [];
  return [`${count} series hold native histograms, which have no single value and were left out`];
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.filter((it) => typeof it === 'string').map((it) => it.slice(0, MAX_WARNING_LENGTH));
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new MalformedAnswer(where, 'an object');
  return value as Record<string, unknown>;
}

function asArray(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new MalformedAnswer(where, 'a list');
  return value;
}

function asText(value: unknown, where: string): string {
  if (typeof value !== 'string') throw new MalformedAnswer(where, 'a text');
  return value;
}
