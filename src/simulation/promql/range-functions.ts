import type { Sample } from '../tsdb/store.ts';

/** One window of samples of one series, (startMs, endMs], looked at from evalMs. */
export interface Window {
  samples: readonly Sample[];
  startMs: number;
  endMs: number;
  evalMs: number;
}

type RangeFunction = (window: Window) => number | undefined;

const first = (samples: readonly Sample[]): Sample => samples[0] as Sample;
const last = (samples: readonly Sample[]): Sample => samples[samples.length - 1] as Sample;

/**
 * rate, increase and delta as Prometheus computes them (promql/functions.go, extrapolatedRate): the change between first
 * and last sample is stretched to the window's edges, at most half a sample distance beyond a far edge, and a counter is
 * never stretched below zero.
 */
function extrapolated({ samples, startMs, endMs }: Window, counter: boolean, perSecond: boolean): number | undefined {
  if (samples.length < 2) return undefined;
  const begin = first(samples);
  const end = last(samples);
  let change = end.value - begin.value;
  if (counter) {
    for (let at = 1; at < samples.length; at++) {
      const before = (samples[at - 1] as Sample).value;
      if ((samples[at] as Sample).value < before) change += before;
    }
  }
  const sampledS = (end.timeMs - begin.timeMs) / 1_000;
  const spacingS = sampledS / (samples.length - 1);
  const thresholdS = spacingS * 1.1;
  let toStartS = (begin.timeMs - startMs) / 1_000;
  let toEndS = (endMs - end.timeMs) / 1_000;
  if (toStartS >= thresholdS) toStartS = spacingS / 2;
  if (counter && change > 0 && begin.value >= 0) toStartS = Math.min(toStartS, sampledS * (begin.value / change));
  if (toEndS >= thresholdS) toEndS = spacingS / 2;
  const factor = (sampledS + toStartS + toEndS) / sampledS;
  return change * (perSecond ? factor / ((endMs - startMs) / 1_000) : factor);
}

function instant({ samples }: Window, counter: boolean): number | undefined {
  if (samples.length < 2) return undefined;
  const end = last(samples);
  const before = samples[samples.length - 2] as Sample;
  const change = counter && end.value < before.value ? end.value : end.value - before.value;
  return counter ? change / ((end.timeMs - before.timeMs) / 1_000) : change;
}

/** Least squares; the intercept is the fitted value at interceptMs. */
export function linearRegression(
  samples: readonly Sample[],
  interceptMs: number,
): { slope: number; intercept: number } {
  const firstValue = first(samples).value;
  if (samples.every((sample) => sample.value === firstValue)) {
    return Number.isFinite(firstValue)
      ? { slope: 0, intercept: firstValue }
      : { slope: Number.NaN, intercept: Number.NaN };
  }
  let sumX = 0;
  let sumY = 0;
  let sumXY = 0;
  let sumX2 = 0;
  for (const { timeMs, value } of samples) {
    const x = (timeMs - interceptMs) / 1_000;
    sumX += x;
    sumY += value;
    sumXY += x * value;
    sumX2 += x * x;
  }
  const n = samples.length;
  const slope = (sumXY - (sumX * sumY) / n) / (sumX2 - (sumX * sumX) / n);
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

/** Linear interpolation between the two nearest ranks. */
export function quantile(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  // NaN sorts first, as in Prometheus.
  const sorted = [...values].sort((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const rank = q * (sorted.length - 1);
  const low = Math.floor(rank);
  const high = Math.min(sorted.length - 1, low + 1);
  const weight = rank - low;
  return (sorted[low] as number) * (1 - weight) + (sorted[high] as number) * weight;
}

export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

export function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}

export function variance(values: readonly number[]): number {
  const average = mean(values);
  return mean(values.map((value) => (value - average) ** 2));
}

/** A NaN never wins against a number. */
export function extreme(values: readonly number[], isBetter: (a: number, b: number) => boolean): number {
  let best = values[0] as number;
  for (const value of values) if (Number.isNaN(best) || isBetter(value, best)) best = value;
  return best;
}

function countSteps({ samples }: Window, counts: (before: number, after: number) => boolean): number {
  let count = 0;
  for (let at = 1; at < samples.length; at++) {
    if (counts((samples[at - 1] as Sample).value, (samples[at] as Sample).value)) count++;
  }
  return count;
}

const overValues =
  (compute: (values: readonly number[]) => number): RangeFunction =>
  ({ samples }) =>
    compute(samples.map((sample) => sample.value));

/** Functions of one window. Windows are never empty; undefined drops the series from the answer. */
export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (window) => extrapolated(window, true, true),
  increase: (window) => extrapolated(window, true, false),
  delta: (window) => extrapolated(window, false, false),
  irate: (window) => instant(window, true),
  idelta: (window) => instant(window, false),
  changes: (window) =>
    countSteps(window, (before, after) => before !== after && !(Number.isNaN(before) && Number.isNaN(after))),
  resets: (window) => countSteps(window, (before, after) => after < before),
  deriv: ({ samples }) => (samples.length < 2 ? undefined : linearRegression(samples, first(samples).timeMs).slope),
  avg_over_time: overValues(mean),
  min_over_time: overValues((values) => extreme(values, (a, b) => a < b)),
  max_over_time: overValues((values) => extreme(values, (a, b) => a > b)),
  sum_over_time: overValues(sum),
  count_over_time: ({ samples }) => samples.length,
  last_over_time: ({ samples }) => last(samples).value,
  present_over_time: () => 1,
  stddev_over_time: overValues((values) => Math.sqrt(variance(values))),
  stdvar_over_time: overValues(variance),
};
