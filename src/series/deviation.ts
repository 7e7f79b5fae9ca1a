/** One value of a series; `at` in Unix ms. Values that are not finite are read as absent. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** How unusual a short window of a series is against its own past. */
export interface Deviation {
  /**
   * Signed: how many spreads beyond its past the window lies, 0 = as before. The spread is measured on the side of the deviation, so that a
   * series that bursts upwards by habit is not unusual when it does so again.
   */
  readonly score: number;
  /** What the window showed: its upper quartile for a rise, its lower one for a fall. */
  readonly observed: number;
  /** Median of the past. */
  readonly expected: number;
  /** Where about 98 of 100 values of the past lay. */
  readonly low: number;
  readonly high: number;
  /** How much of the deviation is new in the window, 0 to 1: what was so just before is no news. */
  readonly news: number;
  /** First of the unbroken run of values outside the range that leads into the window; null when none is outside. */
  readonly since: number | null;
  /** Number of values of the past that this rests on. */
  readonly past: number;
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Normal quantiles, to bring widths of different tails to one scale; the widest speaks, because that is what heavy tails are. */
const TAILS = [
  { share: 0.75, z: 0.6745 },
  { share: 0.9, z: 1.2816 },
  { share: 0.97, z: 1.8808 },
] as const;
/** A change by less than this share of the level is no matter, however still the series was. */
const STILL_SHARE = 0.04;
/** A tail is trusted when this many values lie in it: in a short past one incident fills it, and the next would be called habit. */
const TAIL_VALUES = 8;
/** How many values the assumption of an ordinary spread (a fifth of the level) is worth while the past is short. */
const PRIOR_VALUES = 3;
const PRIOR_SHARE = 0.2;
const MEDIAN_OF_NORMAL = 0.6745;
const MOST_SPREADS = 1e6;
/** The values just before the window that tell whether a deviation is new. */
const JUST_BEFORE = 2;

/** Null when either side has no finite value. Linear in the number of points, apart from one sort. Points are in time order. */
export function deviationOf(points: readonly Point[], window: Window, scaleFloor = 0): Deviation | null {
  const finite = points.filter(({ value }) => Number.isFinite(value));
  const past = finite.filter(({ at }) => at < window.from).map(({ value }) => value);
  const inside = finite.filter(({ at }) => at >= window.from && at <= window.to).map(({ value }) => value);
  if (past.length === 0 || inside.length === 0) return null;

  const sorted = past.toSorted(ascending);
  const expected = quantile(sorted, 0.5);
  const shown = inside.toSorted(ascending);
  const steps = stepSpread(past);
  const rise = sideOf(sorted, quantile(shown, 0.75), expected, 1, scaleFloor, steps);
  const fall = sideOf(sorted, quantile(shown, 0.25), expected, -1, scaleFloor, steps);
  const side = rise.size >= fall.size ? rise : fall;
  const lately = past.slice(-JUST_BEFORE);
  const before = side.sign === 1 ? Math.max(...lately) : Math.min(...lately);
  const [low, high] = [quantile(sorted, 0.01), quantile(sorted, 0.99)];
  return {
    score: side.sign * side.size,
    observed: side.observed,
    expected,
    low,
    high,
    news: newsOf(side.observed, expected, before),
    since: onset(finite, window, side.sign, low, high),
    past: past.length,
  };
}

/** Distance of what was observed from the middle of the past, in spreads of that side. */
function sideOf(
  sorted: readonly number[],
  observed: number,
  expected: number,
  sign: 1 | -1,
  scaleFloor: number,
  steps: number,
) {
  const n = sorted.length;
  const width = (side: 1 | -1, share: number, z: number) =>
    Math.abs(quantile(sorted, side === 1 ? share : 1 - share) - expected) / z;
  const tails = TAILS.filter(({ share }) => n * (1 - share) >= TAIL_VALUES);
  const [body] = TAILS;
  const measured =
    tails.length > 1
      ? Math.max(...tails.map(({ share, z }) => width(sign, share, z)))
      : Math.max(steps, Math.min(width(1, body.share, body.z), width(-1, body.share, body.z)));
  const level = Math.abs(expected);
  const known = Math.max(measured, STILL_SHARE * level, scaleFloor);
  const prior = Math.max(PRIOR_SHARE * level, scaleFloor);
  const spread = Math.hypot(Math.sqrt(n) * known, Math.sqrt(PRIOR_VALUES) * prior) / Math.sqrt(n + PRIOR_VALUES);
  const distance = Math.max(0, sign * (observed - expected));
  // Something constant says only that another value is rare: about one in n, whatever its size.
  const size = spread > 0 ? distance / spread : Math.min(distance, 1) * 2 * Math.cbrt(n);
  // Distance and spread both beyond what a number holds say nothing.
  return { sign, observed, size: Number.isNaN(size) ? 0 : Math.min(size, MOST_SPREADS) };
}

/** Spread of the noise from value to value. An incident that fills a third of a short past changes two steps of it and no more. */
function stepSpread(past: readonly number[]): number {
  const steps = past.slice(1).map((value, index) => Math.abs(value - (past[index] ?? value)));
  return steps.length === 0 ? 0 : quantile(steps.sort(ascending), 0.5) / (MEDIAN_OF_NORMAL * Math.SQRT2);
}

function newsOf(observed: number, expected: number, before: number): number {
  const whole = observed - expected;
  if (whole === 0) return 0;
  const share = (observed - before) / whole;
  // Differences of huge values overflow; then nobody can say that it was so before.
  return Number.isNaN(share) ? 1 : Math.min(1, Math.max(0, share));
}

function onset(points: readonly Point[], window: Window, sign: 1 | -1, low: number, high: number): number | null {
  const isOutside = ({ value }: Point) => (sign === 1 ? value > high : value < low);
  const end = points.findLastIndex((point) => point.at >= window.from && point.at <= window.to && isOutside(point));
  if (end < 0) return null;
  let start = end;
  for (let index = end - 1; index >= 0; index--) {
    const point = points[index];
    if (point === undefined || !isOutside(point)) break;
    start = index;
  }
  return points[start]?.at ?? null;
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** Linear between neighbours (type 7 of Hyndman and Fan, 1996). `sorted` is not empty. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  const part = place - Math.floor(place);
  // Weighted so that the difference of two huge values cannot overflow; equal neighbours are told exactly.
  return below === above ? below : below * (1 - part) + above * part;
}
