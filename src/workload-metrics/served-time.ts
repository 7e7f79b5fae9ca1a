import type { Subject } from '../domain/subject.ts';
import { promqlString } from '../domain/workload-series.ts';
import type { ReadContext } from '../plugin/context.ts';
import { findServerSeries } from './server-series.ts';
import { finitePoints, type Points, wholeSecond } from './time-points.ts';

/** Requests that a workload serves, and the time that it takes for them; both per second. Their quotient is the mean, and means add up along calls. */
export interface ServedTime {
  readonly requests: Points;
  readonly seconds: Points;
  readonly queries: readonly string[];
}

const BACK_MS = 40 * 60_000;
const STEP_MS = 30_000;

/** Reads both for the last 40 minutes, in the best naming that is there; null where the workload's requests are not measured. */
export async function readServedTime(
  subject: Subject,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<ServedTime | null> {
  const at = wholeSecond(ctx.now());
  const found = await findServerSeries(subject, ctx.metrics, at);
  if (found === null) return null;
  const { family, form, matchers } = found;
  const rateOf = (suffix: string) => `sum(rate({__name__=${promqlString(family.name + suffix)},${matchers}}[2m]))`;
  const requests = form === 'native' ? `histogram_count(${rateOf('')})` : rateOf('_count');
  const time = form === 'native' ? `histogram_sum(${rateOf('')})` : rateOf('_sum');
  const seconds = family.unitsPerSecond === 1 ? time : `${time} / ${family.unitsPerSecond}`;
  const read = async (query: string): Promise<Points> => {
    const [series] = (await ctx.metrics.range(query, at - BACK_MS, at, STEP_MS)).series;
    return series === undefined ? new Map() : finitePoints(series);
  };
  return { requests: await read(requests), seconds: await read(seconds), queries: [requests, seconds] };
}
