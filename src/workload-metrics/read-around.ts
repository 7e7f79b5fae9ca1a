import type { IncidentView, ReadContext } from '../plugin/context.ts';
import type { Point } from './baseline.ts';

const STEP_MS = 60_000;
const RECENT_MS = 2 * STEP_MS;
/** Rates look back so far: the past ends before they can hold the trouble. */
const RATE_WINDOW_MS = 2 * 60_000;
/** An incident that is older is compared with the time before now all the same. */
const MAX_BACK_MS = 4 * 3_600_000;

/** One series as it is now, and as it was before the incident began. */
export async function readAround(
  query: string,
  incident: Pick<IncidentView, 'since'>,
  { history, exclude }: { readonly history: number; readonly exclude: number },
  ctx: Pick<ReadContext, 'metrics'>,
  now: number,
): Promise<{ readonly recent: readonly Point[]; readonly past: readonly Point[] }> {
  const until = Math.max(Math.min(now - exclude, incident.since - RATE_WINDOW_MS), now - MAX_BACK_MS);
  const from = until - history;
  const answer = await ctx.metrics.range(query, now - Math.ceil((now - from) / STEP_MS) * STEP_MS, now, STEP_MS);
  const points = (answer.series[0]?.points ?? []).filter(({ value }) => Number.isFinite(value));
  return {
    recent: points.filter(({ at }) => at > now - RECENT_MS),
    past: points.filter(({ at }) => at >= from && at <= until),
  };
}
