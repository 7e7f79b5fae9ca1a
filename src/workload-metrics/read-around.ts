import type { IncidentView, ReadContext } from '../plugin/context.ts';
import { finitePoints, type Points, valuesWithin } from './time-points.ts';
import type { Past } from './usual.ts';

const STEP_MS = 60_000;
const RECENT_MS = 2 * STEP_MS;
/** Rates look back so far: the past ends before they can hold the trouble. */
const RATE_WINDOW_MS = 2 * 60_000;
/** An incident that is older is compared with the time before now all the same. */
const MAX_BACK_MS = 4 * 3_600_000;

/** Moments of one series: of the last two minutes, and all of them with what `beforeIt` wants to know of the past. */
export interface Around {
  readonly recent: readonly number[];
  readonly recentFrom: number;
  readonly points: Points;
  readonly past: Past;
}

/** One series as it is now, and as it was before the incident began. */
export async function readAround(
  query: string,
  incident: Pick<IncidentView, 'since'>,
  { history, exclude }: { readonly history: number; readonly exclude: number },
  ctx: Pick<ReadContext, 'metrics'>,
  now: number,
): Promise<Around> {
  const since = Math.max(incident.since, now - MAX_BACK_MS);
  const from = Math.min(now - exclude, since - RATE_WINDOW_MS) - history;
  const answer = await ctx.metrics.range(query, now - Math.ceil((now - from) / STEP_MS) * STEP_MS, now, STEP_MS);
  const [series] = answer.series;
  const points: Points = series === undefined ? new Map() : finitePoints(series);
  const recentFrom = now - RECENT_MS;
  const past = { from: from - 1, since, at: now };
  return { recent: valuesWithin(points, recentFrom, now), recentFrom, points, past };
}
