import { medianOf, type Points, valuesWithin } from './time-points.ts';

/** What is compared with the past: the moments after `from`, for an incident that began at `since`, as seen at `at` (all Unix ms). */
export interface Past {
  readonly from: number;
  readonly since: number;
  readonly at: number;
}

/** Values from before an incident. `isYoung`: there were only the minutes just before it, which may not have been usual ones. */
interface BeforeIt {
  readonly values: readonly number[];
  readonly isYoung: boolean;
}

interface PastOptions {
  /** So many moments of a settled past are enough; with fewer, the minutes just before the incident are asked. */
  readonly enough?: number;
  /** The newest part of a settled past that does not count. */
  readonly excludeMs?: number;
  /** For so long after its first moment a young series shows too little: a rate looks back to before it was there. */
  readonly warmMs?: number;
}

/** Trouble is seen by rates that look back, and told by alerts that wait: it began some minutes before either says so. */
const ONSET_MS = 300_000;
const RATE_MS = 120_000;
/** Least number of moments that tell what is usual. */
const MIN_PAST = 5;
/** What has not been there for so long is compared with the minutes that there are. */
const YOUNG = { onsetMs: 60_000, minPast: 3 } as const;

/** The settled time before an incident; of what has not been there for so long, the minutes just before; null when even of those there are too few. */
export function beforeIt(
  points: Points,
  { from, since, at }: Past,
  { enough = MIN_PAST, excludeMs = ONSET_MS, warmMs = 0 }: PastOptions = {},
): BeforeIt | null {
  const settled = valuesWithin(points, from, Math.min(at - excludeMs, since - RATE_MS));
  if (settled.length >= enough) return { values: settled, isYoung: false };
  const first = Math.min(...[...points.keys()].filter((when) => when > from));
  const young = valuesWithin(points, warmMs > 0 ? first + warmMs - 1 : from, since - YOUNG.onsetMs);
  return young.length < YOUNG.minPast ? null : { values: young, isYoung: true };
}

/** The median of the time before an incident; null when there is too little of it. */
export function usualOf(points: Points, past: Past): number | null {
  const before = beforeIt(points, past);
  return before === null ? null : medianOf(before.values);
}
