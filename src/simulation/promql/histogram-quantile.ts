import type { Labels } from '../tsdb/labels.ts';
import { labelsKey, METRIC_NAME, withoutLabels } from '../tsdb/labels.ts';
import type { Element } from './vector.ts';

export interface Bucket {
  /** Inclusive upper bound. */
  upper: number;
  /** Cumulative. */
  count: number;
}

const BUCKET_LABELS: ReadonlySet<string> = new Set([METRIC_NAME, 'le']);
// Prometheus's tolerance for float noise between neighbouring buckets (promql/quantile.go, smallDeltaTolerance).
const SMALL_DELTA = 1e-12;

/** histogram_quantile over classic buckets. Series without a numeric `le` are left out. */
export function histogramQuantile(q: number, elements: readonly Element[]): Element[] {
  const groups = new Map<string, { labels: Labels; buckets: Bucket[] }>();
  for (const element of elements) {
    const le = element.labels['le'];
    const upper = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    if (le === undefined || Number.isNaN(upper)) continue;
    const labels = withoutLabels(element.labels, BUCKET_LABELS);
    const key = labelsKey(labels);
    const group = groups.get(key) ?? { labels, buckets: [] };
    group.buckets.push({ upper, count: element.value });
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, buckets }) => ({ labels, value: bucketQuantile(q, buckets) }));
}

/** Linear inside the bucket that holds the rank; the first bucket starts at 0; beyond the last bound it answers that bound. */
export function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const buckets = makeMonotonic(mergeEqualBounds([...given].sort((a, b) => a.upper - b.upper)));
  const total = buckets.at(-1);
  if (total === undefined || total.upper !== Number.POSITIVE_INFINITY || buckets.length < 2) return Number.NaN;
  if (total.count === 0 || Number.isNaN(total.count)) return Number.NaN;
  const rank = q * total.count;
  const finite = buckets.slice(0, -1);
  const at = finite.findIndex((bucket) => bucket.count >= rank);
  const found = finite[at];
  if (found === undefined) return (finite.at(-1) as Bucket).upper;
  const below = finite[at - 1];
  if (below === undefined && found.upper <= 0) return found.upper;
  const start = below?.upper ?? 0;
  const before = below?.count ?? 0;
  return start + (found.upper - start) * ((rank - before) / (found.count - before));
}

function mergeEqualBounds(sorted: readonly Bucket[]): Bucket[] {
  const merged: Bucket[] = [];
  for (const bucket of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && previous.upper === bucket.upper) previous.count += bucket.count;
    else merged.push({ ...bucket });
  }
  return merged;
}

function makeMonotonic(buckets: Bucket[]): Bucket[] {
  for (let at = 1; at < buckets.length; at++) {
    const previous = (buckets[at - 1] as Bucket).count;
    const bucket = buckets[at] as Bucket;
    const isNoise = Math.abs(previous - bucket.count) <= SMALL_DELTA * Math.abs(previous + bucket.count);
    if (bucket.count < previous || isNoise) bucket.count = previous;
  }
  return buckets;
}
