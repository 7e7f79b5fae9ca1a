import { medianOf, type Points, valuesWithin } from './time-points.ts';

/** What is compared with the past: the moments after `from`, for an incident that began at `since`, as seen at `at` (all Unix ms). */
export interface Past {
  readonly from: number;
  readonly since: number;
  readonly at: number;
}

/** Trouble is seen by rates that look back, and told by alerts that wait: it began some minutes before either says so. */
const ONSET_MS = 300_000;
const RATE_MS = 120_000;
/** Least number of moments that tell what is usual. */
const MIN_PAST = 5;
/** What has not been there for so long is compared with the minutes that there are. */
const YOUNG = { onsetMs: 60_000, minPast: 3 } as const;

/** The median of the time before an incident; null when there is too little of it. */
export function usualOf(points: Points, { from, since, at }: Past): number | null {
  const settled = valuesWithin(points, from, Math.min(at - ONSET_MS, since - RATE_MS));
  if (settled.length >= MIN_PAST) return medianOf(settled);
  const young = valuesWithin(points, from, since - YOUNG.onsetMs);
  return young.length < YOUNG.minPast ? null : medianOf(young);
}
