/** Buckets in which lines are counted over time. */
export const BUCKETS = 64;

/**
 * Buckets of equal width, a power of two, that cover everything between two moments: the least width that does. Moments are Unix ms, or
 * numbers of lines where lines carry no time.
 */
export interface Timescale {
  readonly width: number;
  readonly first: number;
  readonly last: number;
}

export const EMPTY_SCALE: Timescale = { width: 1, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };

export function noCounts(): number[] {
  return Array.from({ length: BUCKETS }, () => 0);
}

export function covering(scale: Timescale, first: number, last: number): Timescale {
  const low = Math.min(scale.first, first);
  const high = Math.max(scale.last, last);
  let width = scale.width;
  while (Math.floor(high / width) - Math.floor(low / width) >= BUCKETS) width *= 2;
  return { width, first: low, last: high };
}

export function bucketOf({ width, first }: Timescale, at: number): number {
  return Math.floor(at / width) - Math.floor(first / width);
}

/** The counts of one scale on another one that covers it. */
export function onScale(counts: readonly number[], from: Timescale, to: Timescale): number[] {
  const out = noCounts();
  const begin = Math.floor(from.first / from.width);
  for (const [index, count] of counts.entries()) {
    if (count === 0) continue;
    const bucket = Math.floor(((begin + index) * from.width) / to.width) - Math.floor(to.first / to.width);
    const within = Math.max(0, Math.min(BUCKETS - 1, bucket));
    out[within] = (out[within] ?? 0) + count;
  }
  return out;
}
