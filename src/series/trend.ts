import { type Point, quantile } from './deviation.ts';

/** A straight line through a series that outliers do not turn. */
export interface Trend {
  /** Change per second: the median of the slopes of all pairs of points (Theil 1950). */
  readonly perS: number;
  /** Where the slope lies with 95 % confidence when errors are independent (Sen 1968). The sign is certain when both have it. */
  readonly low: number;
  readonly high: number;
  /** Height of the line at the last point. */
  readonly level: number;
}

/** Pairs grow with the square of points; of more than this, every so many-th is taken. */
const MOST_POINTS = 300;
const LEAST_POINTS = 4;
/** Normal quantile of 95 %, both sides. */
const CONFIDENCE_Z = 1.96;

/** Points in time order. Null with fewer than four finite values at different times. */
export function trendOf(points: readonly Point[]): Trend | null {
  const kept = thinned(points.filter(({ value }) => Number.isFinite(value)));
  const origin = kept.at(-1)?.at ?? 0;
  const slopes: number[] = [];
  for (const [index, one] of kept.entries())
    for (let next = index + 1; next < kept.length; next++) {
      const other = kept[next] as Point;
      const slope = ((other.value - one.value) * 1000) / (other.at - one.at);
      if (Number.isFinite(slope)) slopes.push(slope);
    }
  const n = kept.length;
  if (n < LEAST_POINTS || slopes.length === 0) return null;
  slopes.sort(ascending);
  const perS = quantile(slopes, 0.5);
  const reach = (CONFIDENCE_Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / slopes.length / 2;
  const heights = kept.map(({ at, value }) => value + (perS * (origin - at)) / 1000).toSorted(ascending);
  return {
    perS,
    low: quantile(slopes, Math.max(0, 0.5 - reach)),
    high: quantile(slopes, Math.min(1, 0.5 + reach)),
    level: quantile(heights, 0.5),
  };
}

/** Seconds from the last point until a limit is reached, if it goes on like this. */
export interface TimeToReach {
  readonly expectedS: number;
  /** By the ends of the slope's confidence; `latestS` is infinite when it may as well never be. */
  readonly soonestS: number;
  readonly latestS: number;
}

/** Null where there is no trend, or not towards the limit from where the series began. 0 when it is reached already. */
export function timeToReach(points: readonly Point[], limit: number): TimeToReach | null {
  const trend = trendOf(points);
  if (trend === null || trend.perS === 0 || !Number.isFinite(limit)) return null;
  const left = limit - trend.level;
  const [first] = points.filter(({ value }) => Number.isFinite(value));
  const started = limit - (first?.value ?? limit);
  if (Math.sign(trend.perS) === Math.sign(started) && Math.sign(left) !== Math.sign(started))
    return { expectedS: 0, soonestS: 0, latestS: 0 };
  if (Math.sign(left) !== Math.sign(trend.perS)) return null;
  const [slow, fast] = trend.perS > 0 ? [trend.low, trend.high] : [trend.high, trend.low];
  const latestS = Math.sign(slow) === Math.sign(left) ? left / slow : Number.POSITIVE_INFINITY;
  return { expectedS: left / trend.perS, soonestS: left / fast, latestS };
}

/** When a series left its first level. */
export interface Onset {
  /** Unix ms of the first point of what came after. */
  readonly at: number;
  /** Mean of what came before. */
  readonly before: number;
}

/** Values that each side needs: fewer are an outlier, not a change. */
const LEAST_SIDE = 3;
/**
 * Nats by which two pieces must explain more than one, per logarithm of the number of points: the Bayesian criterion of Yao (1988) for a change, with room for
 * errors that depend on one another.
 */
const EVIDENCE = 4;

/**
 * The split into a level and what follows it (a new level or a ramp) that leaves the least squares; null when one level explains the series as well. Points in time order. Linear in their
 * number.
 */
export function onsetOf(points: readonly Point[]): Onset | null {
  const kept = points.filter(({ value }) => Number.isFinite(value));
  const n = kept.length;
  if (n < 2 * LEAST_SIDE) return null;
  const scale = Math.max(...kept.map(({ value }) => Math.abs(value)), Number.MIN_VALUE);
  const sums = sumsOf(kept.map(({ value }) => value / scale));
  const whole = flatRest(sums, 0, n);
  let best = { rest: Number.POSITIVE_INFINITY, split: 0 };
  for (let split = LEAST_SIDE; split <= n - LEAST_SIDE; split++) {
    const rest = flatRest(sums, 0, split) + slopedRest(sums, split, n);
    if (rest < best.rest) best = { rest, split };
  }
  // Rounding leaves crumbs where a line fits exactly.
  const crumbs = n * Number.EPSILON;
  if (whole <= crumbs) return null;
  const gain = (n / 2) * Math.log((whole + crumbs) / (best.rest + crumbs));
  if (gain < EVIDENCE * Math.log(n)) return null;
  return { at: (kept[best.split] as Point).at, before: ((sums.y[best.split] ?? 0) / best.split) * scale };
}

interface Sums {
  readonly y: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
}

function sumsOf(values: readonly number[]): Sums {
  const sums = {
    y: new Float64Array(values.length + 1),
    yy: new Float64Array(values.length + 1),
    xy: new Float64Array(values.length + 1),
  };
  for (const [index, value] of values.entries()) {
    sums.y[index + 1] = (sums.y[index] ?? 0) + value;
    sums.yy[index + 1] = (sums.yy[index] ?? 0) + value * value;
    sums.xy[index + 1] = (sums.xy[index] ?? 0) + index * value;
  }
  return sums;
}

const between = (sums: Float64Array, from: number, to: number) => (sums[to] ?? 0) - (sums[from] ?? 0);

/** Squares that a level leaves. */
function flatRest({ y, yy }: Sums, from: number, to: number): number {
  return Math.max(0, between(yy, from, to) - between(y, from, to) ** 2 / (to - from));
}

/** Squares that a line over the index leaves. */
function slopedRest(sums: Sums, from: number, to: number): number {
  const n = to - from;
  const middle = (from + to - 1) / 2;
  const covariance = between(sums.xy, from, to) - middle * between(sums.y, from, to);
  return Math.max(0, flatRest(sums, from, to) - covariance ** 2 / ((n * (n * n - 1)) / 12));
}

function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_POINTS) return points;
  const every = (points.length - 1) / (MOST_POINTS - 1);
  return Array.from({ length: MOST_POINTS }, (_, index) => points[Math.round(index * every)] as Point);
}

function ascending(a: number, b: number): number {
  return a - b;
}
