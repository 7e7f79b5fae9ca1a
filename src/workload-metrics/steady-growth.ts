import type { Points } from './time-points.ts';
import { medianOf } from './time-points.ts';

/** Growth that goes on and on, fitted to the lower edge of a series. */
export interface SteadyGrowth {
  readonly perS: number;
  /** When it began, as far as it was looked back (Unix ms). */
  readonly since: number;
  /** The lower edge at its beginning and now. */
  readonly from: number;
  readonly to: number;
}

const BUCKETS = 12;
const MIN_BUCKETS = 8;
/** Share of all pairs of buckets in which the later one is higher (Kendall's concordance): noise has a half, a staircase nearly all. */
const MIN_RISING = 0.9;
/** A fall by so much is a restart, or space that was freed: what was before says nothing of what comes. */
const FALL = 0.3;
/** The later half has to rise at this share of the whole rate, or it comes to rest: a cache that fills, a start. */
const MIN_LATE_SHARE = 0.6;

/**
 * The steady growth over the last `spanMs`, null where there is none. The least of each of twelve parts of the time, so that collections and peaks do not
 * count; the median of the slopes of all pairs (Theil 1950, Sen 1968), which a third of outliers cannot turn.
 */
export function steadyGrowth(points: Points, at: number, spanMs: number): SteadyGrowth | null {
  const edge = sinceLastFall(lowerEdge(points, at, spanMs));
  const [first, last] = [edge[0], edge.at(-1)];
  if (first === undefined || last === undefined || edge.length < MIN_BUCKETS) return null;
  const slopes = pairSlopes(edge);
  const perS = medianOf(slopes);
  if (perS === null || perS <= 0) return null;
  if (slopes.filter((slope) => slope > 0).length < slopes.length * MIN_RISING) return null;
  const late = medianOf(pairSlopes(edge.slice(-Math.ceil(edge.length / 2))));
  if (late === null || late < perS * MIN_LATE_SHARE) return null;
  return { perS, since: first.at, from: first.value, to: last.value };
}

interface Edge {
  readonly at: number;
  readonly value: number;
}

function lowerEdge(points: Points, at: number, spanMs: number): readonly Edge[] {
  const width = spanMs / BUCKETS;
  return Array.from({ length: BUCKETS }, (_, index) => at - spanMs + index * width).flatMap((start) => {
    const inside = [...points].filter(([when]) => when > start && when <= start + width);
    const [least] = inside.toSorted(([, a], [, b]) => a - b);
    return least === undefined ? [] : [{ at: least[0], value: least[1] }];
  });
}

function sinceLastFall(edge: readonly Edge[]): readonly Edge[] {
  const fall = edge.findLastIndex(({ value }, index) => value < (edge[index - 1]?.value ?? value) * (1 - FALL));
  return fall < 0 ? edge : edge.slice(fall);
}

function pairSlopes(edge: readonly Edge[]): number[] {
  return edge.flatMap((a, index) =>
    edge.slice(index + 1).flatMap((b) => (b.at === a.at ? [] : [((b.value - a.value) * 1000) / (b.at - a.at)])),
  );
}
