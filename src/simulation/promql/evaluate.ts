import type { Labels } from '../tsdb/labels.ts';
import { dropMetricName, labelsKey } from '../tsdb/labels.ts';
import type { Sample, SampleStore, Series } from '../tsdb/store.ts';
import { aggregate } from './aggregate.ts';
import type { Aggregation, Expr, MatrixSelector, Subquery, TimeShift, VectorSelector } from './ast.ts';
import { evaluateBinary } from './binary.ts';
import { PromqlError } from './error.ts';
import { callFunction } from './functions.ts';
import { typeOf } from './parse.ts';
import type { Element, RangeElement, Value } from './vector.ts';

export const DEFAULT_LOOKBACK_MS = 300_000;
const DEFAULT_SUBQUERY_STEP_MS = 60_000;

export interface Evaluation {
  store: SampleStore;
  lookbackMs?: number;
  /** Counted over all steps; Prometheus's default is 50,000,000. */
  maxSamples?: number;
}

interface Context {
  store: SampleStore;
  lookbackMs: number;
  startMs: number;
  endMs: number;
  /** Series chosen by each selector, kept over the steps of one query. */
  selected: Map<VectorSelector, Series[]>;
  samplesLeft: number;
}

function createContext({ store, lookbackMs, maxSamples }: Evaluation, startMs: number, endMs: number): Context {
  return {
    store,
    lookbackMs: lookbackMs ?? DEFAULT_LOOKBACK_MS,
    startMs,
    endMs,
    selected: new Map(),
    samplesLeft: maxSamples ?? 50_000_000,
  };
}

/** The value at one moment. */
export function evaluateInstant(expr: Expr, timeMs: number, evaluation: Evaluation): Value {
  const value = evaluate(expr, timeMs, createContext(evaluation, timeMs, timeMs));
  if (value.type === 'vector') refuseDuplicates(value.elements);
  return value;
}

/** One series of samples per label set, at startMs, startMs + stepMs, ... up to and including endMs. */
export function evaluateRange(
  expr: Expr,
  range: { startMs: number; endMs: number; stepMs: number },
  evaluation: Evaluation,
): RangeElement[] {
  const type = typeOf(expr);
  if (type !== 'scalar' && type !== 'vector') {
    const found = type === 'matrix' ? 'range vector' : type;
    throw new PromqlError(
      'bad_data',
      `invalid expression type "${found}" for range query, must be Scalar or instant Vector`,
    );
  }
  const context = createContext(evaluation, range.startMs, range.endMs);
  return collectSteps(expr, range, context);
}

function collectSteps(
  expr: Expr,
  { startMs, endMs, stepMs }: { startMs: number; endMs: number; stepMs: number },
  context: Context,
): RangeElement[] {
  const bySeries = new Map<string, { labels: Labels; samples: Sample[] }>();
  for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs) {
    const value = evaluate(expr, timeMs, context);
    const elements = value.type === 'scalar' ? [{ labels: NO_LABELS, value: value.value }] : vectorOf(value);
    refuseDuplicates(elements);
    for (const element of elements) {
      const key = labelsKey(element.labels);
      const series = bySeries.get(key);
      if (series === undefined)
        bySeries.set(key, { labels: element.labels, samples: [{ timeMs, value: element.value }] });
      else series.samples.push({ timeMs, value: element.value });
    }
  }
  return [...bySeries.values()];
}

const NO_LABELS: Labels = Object.freeze(Object.create(null) as Labels);

function vectorOf(value: Value): readonly Element[] {
  if (value.type !== 'vector') throw new PromqlError('execution', `expected an instant vector, got ${value.type}`);
  return value.elements;
}

function refuseDuplicates(elements: readonly Element[]): void {
  const seen = new Set<string>();
  for (const { labels } of elements) {
    const key = labelsKey(labels);
    if (seen.has(key)) throw new PromqlError('execution', 'vector cannot contain metrics with the same labelset');
    seen.add(key);
  }
}

function evaluate(expr: Expr, timeMs: number, context: Context): Value {
  switch (expr.kind) {
    case 'number':
      return { type: 'scalar', value: expr.value };
    case 'string':
      return { type: 'string', value: expr.value };
    case 'vector-selector':
      return { type: 'vector', elements: selectInstant(expr, timeMs, context) };
    case 'matrix-selector':
      return selectRange(expr, timeMs, context);
    case 'subquery':
      return evaluateSubquery(expr, timeMs, context);
    case 'negation': {
      const inner = evaluate(expr.inner, timeMs, context);
      if (inner.type === 'scalar') return { type: 'scalar', value: -inner.value };
      const elements = vectorOf(inner).map((one) => ({ labels: dropMetricName(one.labels), value: -one.value }));
      return { type: 'vector', elements };
    }
    case 'call': {
      const value = callFunction(
        expr,
        expr.args.map((arg) => evaluate(arg, timeMs, context)),
        timeMs,
      );
      if (value.type === 'vector') refuseDuplicates(value.elements);
      return value;
    }
    case 'aggregation':
      return evaluateAggregation(expr, timeMs, context);
    case 'binary':
    default:
      return evaluateBinary(expr, evaluate(expr.left, timeMs, context), evaluate(expr.right, timeMs, context));
  }
}

function evaluateAggregation(expr: Aggregation, timeMs: number, context: Context): Value {
  const param = expr.param === undefined ? undefined : evaluate(expr.param, timeMs, context);
  const given = param?.type === 'scalar' || param?.type === 'string' ? param.value : undefined;
  const inner = vectorOf(evaluate(expr.inner, timeMs, context));
  return { type: 'vector', elements: aggregate(expr.op, inner, expr.grouping, given) };
}

function effectiveMs(time: TimeShift, timeMs: number, context: Context): number {
  const at = time.at === 'start' ? context.startMs : time.at === 'end' ? context.endMs : (time.at ?? timeMs);
  return at - time.offsetMs;
}

function seriesOf(selector: VectorSelector, context: Context): Series[] {
  let series = context.selected.get(selector);
  if (series === undefined) {
    series = context.store.select(selector.matchers);
    context.selected.set(selector, series);
  }
  return series;
}

function spend(context: Context, samples: number): void {
  context.samplesLeft -= samples;
  if (context.samplesLeft < 0) {
    throw new PromqlError('execution', 'query processing would load too many samples into memory in query execution');
  }
}

function selectInstant(selector: VectorSelector, timeMs: number, context: Context): Element[] {
  const atMs = effectiveMs(selector.time, timeMs, context);
  const elements: Element[] = [];
  for (const series of seriesOf(selector, context)) {
    const sample = series.latest(atMs - context.lookbackMs, atMs);
    if (sample !== undefined) elements.push({ labels: series.labels, value: sample.value, timeMs: sample.timeMs });
  }
  spend(context, elements.length);
  return elements;
}

function selectRange({ vector, rangeMs }: MatrixSelector, timeMs: number, context: Context): Value {
  const endMs = effectiveMs(vector.time, timeMs, context);
  const startMs = endMs - rangeMs;
  const elements: RangeElement[] = [];
  for (const series of seriesOf(vector, context)) {
    const samples = series.range(startMs, endMs);
    spend(context, samples.length);
    if (samples.length > 0) elements.push({ labels: series.labels, samples });
  }
  return { type: 'matrix', elements, startMs, endMs };
}

/** Steps are aligned to multiples of the step, independent of the query's time; the range is left-open like any other. */
function evaluateSubquery({ inner, rangeMs, stepMs: given, time }: Subquery, timeMs: number, context: Context): Value {
  const stepMs = given ?? DEFAULT_SUBQUERY_STEP_MS;
  const endMs = effectiveMs(time, timeMs, context);
  const startMs = endMs - rangeMs;
  let firstMs = stepMs * Math.floor(startMs / stepMs);
  if (firstMs <= startMs) firstMs += stepMs;
  const elements = collectSteps(inner, { startMs: firstMs, endMs, stepMs }, context);
  return { type: 'matrix', elements, startMs, endMs };
}
