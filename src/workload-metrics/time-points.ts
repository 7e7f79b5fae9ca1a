import type { RangeSeries } from '../ports/metrics.ts';

/** Values by instant (Unix ms) of one role of one pool; finite values only. */
export type Points = Map<number, number>;

/** Steps of a range answer fall exactly on whole seconds, whatever a server does with fractions; and nearby readers share one answer. */
export function wholeSecond(now: number): number {
  return Math.floor(now / 1000) * 1000;
}

export function finitePoints(series: RangeSeries): Points {
  const points: Points = new Map();
  for (const { at, value } of series.points) if (Number.isFinite(value)) points.set(at, value);
  return points;
}

export function addInto(target: Points, source: Points): void {
  for (const [at, value] of source) target.set(at, (target.get(at) ?? 0) + value);
}

export function maxInto(target: Points, source: Points): void {
  for (const [at, value] of source) target.set(at, Math.max(target.get(at) ?? Number.NEGATIVE_INFINITY, value));
}

/** What a counter grew by between each two of its points, by the later instant; a fall is a restart from zero. */
export function increments(counter: Points): Points {
  const grown: Points = new Map();
  let before: number | undefined;
  for (const [at, value] of [...counter].sort(([a], [b]) => a - b)) {
    if (before !== undefined) grown.set(at, value >= before ? value - before : value);
    before = value;
  }
  return grown;
}

/** Mean growth per second of a counter in the `windowMs` before each point that has another one just there. */
export function trailingRates(counter: Points, windowMs: number): Points {
  const grown = increments(counter);
  const rates: Points = new Map();
  for (const at of counter.keys()) {
    if (!counter.has(at - windowMs)) continue;
    const within = [...grown].filter(([when]) => when > at - windowMs && when <= at);
    rates.set(at, (sum(within.map(([, growth]) => growth)) * 1000) / windowMs);
  }
  return rates;
}

/** Growth per second over the points of a counter; null with fewer than two of them. */
export function ratePerS(counter: Points): number | null {
  if (counter.size < 2) return null;
  const instants = [...counter.keys()];
  const elapsedMs = Math.max(...instants) - Math.min(...instants);
  return (sum(increments(counter).values()) * 1000) / elapsedMs;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Sum of the values that are known; null when none is: unknown is not zero. */
export function sumKnown(values: Iterable<number | null>): number | null {
  const known = [...values].filter((value) => value !== null);
  return known.length === 0 ? null : sum(known);
}

/** The newest value that is at most `staleMs` older than `at`; null when there is none. */
export function lastValue(points: Points, at: number, staleMs = 60_000): number | null {
  let newest: number | null = null;
  for (const when of points.keys())
    if (when <= at && when > at - staleMs && (newest === null || when > newest)) newest = when;
  return newest === null ? null : (points.get(newest) ?? null);
}

/** Values of the moments after `from` up to `until`. */
export function valuesWithin(points: Points, from: number, until: number): number[] {
  return [...points].filter(([when]) => when > from && when <= until).map(([, value]) => value);
}

export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}

export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? upper) + upper) / 2;
}
