import type { Points } from '../../src/workload-metrics/index.ts';
import { sum } from '../../src/workload-metrics/index.ts';
import type { Revision } from './revisions.ts';
import type { BadReleaseConfig } from './schema.ts';

/** How the newest revision compares with the one before. */
export interface Comparison {
  readonly by: 'errors' | 'latency';
  /** Both serve at this moment, under the same load and with the same dependencies. */
  readonly sideBySide: boolean;
  readonly before: Figures;
  readonly after: Figures;
}

export interface Figures {
  readonly ratePerS: number;
  readonly errorShare: number;
  readonly meanSeconds: number | null;
}

const RECENT_MS = 300_000;
/** Moments in which both revisions serve before they are compared side by side. */
const MIN_MOMENTS = 3;

/** Which revision is the new one, and the one before it; null when nothing was released within the time that is looked at. */
export function newestOf(
  revisions: readonly Revision[],
  { at, from, config }: { readonly at: number; readonly from: number; readonly config: BadReleaseConfig },
): { readonly before: Revision; readonly after: Revision } | null {
  const [after, before] = revisions.toReversed();
  if (after === undefined || before === undefined) return null;
  // A revision that was there when the look back begins may be older than that.
  const isNew = after.from > Math.max(from + 300_000, at - config.within) && after.until > at - RECENT_MS;
  return isNew ? { before, after } : null;
}

/** Whether users of the new revision are worse off, and were so soon after it began; null when not, or too few requests tell. */
export function compare(
  { before, after }: { readonly before: Revision; readonly after: Revision },
  { at, since, config }: { readonly at: number; readonly since: number; readonly config: BadReleaseConfig },
): Comparison | null {
  // What hurt before the release began is not its doing.
  if (since < after.from - 120_000) return null;
  const start = after.from + config.warmUp;
  const recent = [...after.total.keys()].filter((when) => when >= start && when > at - RECENT_MS);
  const shared = recent.filter((when) => (before.total.get(when) ?? 0) >= config.minRatePerS);
  const sideBySide = shared.length >= MIN_MOMENTS;
  const past = [...before.total.keys()].filter((when) => when < after.from - 60_000);
  const told = {
    before: figuresOf(before, sideBySide ? shared : past),
    after: figuresOf(after, sideBySide ? shared : recent),
  };
  if (told.before === null || told.after === null) return null;
  if (told.before.ratePerS < config.minRatePerS || told.after.ratePerS < config.minRatePerS) return null;

  const [old, now] = [told.before, told.after];
  const fails = (one: Figures) =>
    one.errorShare >= config.minErrorShare && one.errorShare >= old.errorShare * config.minErrorRatio;
  const isSlow = (one: Figures) =>
    one.meanSeconds !== null &&
    old.meanSeconds !== null &&
    one.meanSeconds >= old.meanSeconds * config.minSlowRatio &&
    one.meanSeconds - old.meanSeconds >= config.minSlowRiseSeconds;
  const by = fails(now) ? 'errors' : isSlow(now) ? 'latency' : null;
  if (by === null) return null;
  // A revision that was well for long and is not any more has met something else.
  const soon = [...after.total.keys()].filter((when) => when >= start && when <= after.from + config.shownWithin);
  const showed = soon.some((when) => {
    const then = figuresOf(after, [when]);
    return then !== null && (by === 'errors' ? fails(then) : isSlow(then));
  });
  return showed ? { by, sideBySide, before: old, after: now } : null;
}

function figuresOf(revision: Revision, moments: readonly number[]): Figures | null {
  if (moments.length === 0) return null;
  const over = (points: Points) => sum(moments.map((when) => points.get(when) ?? 0));
  const total = over(revision.total);
  if (total <= 0) return null;
  const timed = moments.some((when) => revision.seconds.has(when));
  return {
    ratePerS: total / moments.length,
    errorShare: over(revision.failed) / total,
    meanSeconds: timed ? over(revision.seconds) / total : null,
  };
}
