import type { IncidentView, ReadContext } from '../plugin/context.ts';
import type { ServerSeries } from './server-series.ts';
import { findServerSeries, latencyQueries, STATUS_LABELS, served } from './server-series.ts';
import type { Points } from './time-points.ts';
import { finitePoints, medianOf, valuesWithin, wholeSecond } from './time-points.ts';
import { type Past, usualOf } from './usual.ts';

/**
 * Whether those whom a workload serves are worse off than before the incident. `unmeasured` = nothing tells; never "well".
 * The figures are those of the moment, in seconds, requests per second and 0..1.
 */
export interface UsersState {
  readonly state: 'hurt' | 'well' | 'unmeasured';
  readonly because: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly queries: readonly string[];
}

const STEP_MS = 30_000;
const RECENT_MS = 90_000;
const RATE_WINDOW_MS = 120_000;
const HISTORY_MS = 55 * 60_000;
const MAX_BACK_MS = 6 * 3_600_000;
/** Under this many requests per second a quantile says nothing. */
const MIN_RATE_PER_S = 0.5;
const SLOWER = { ratio: 1.5, riseSeconds: 0.02 } as const;
const FAILING = { ratio: 3, share: 0.01 } as const;

/** Reads latency and errors of the requests that the workload serves, now and in the hour before the incident: three queries at most. */
export async function readUsers(
  incident: Pick<IncidentView, 'since'> & { readonly workload: Pick<IncidentView['workload'], 'subject'> },
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<UsersState> {
  const at = wholeSecond(ctx.now());
  const series = await findServerSeries(incident.workload.subject, ctx.metrics, at);
  if (series === null)
    return { state: 'unmeasured', because: 'its requests are not measured', figures: {}, queries: [] };

  const until = Math.max(Math.min(at - 300_000, incident.since - RATE_WINDOW_MS), at - MAX_BACK_MS);
  const queries = { latency: latencyQueries(series, 0.95).latency, statuses: statusQuery(series) };
  const from = at - Math.ceil((at - until + HISTORY_MS) / STEP_MS) * STEP_MS;
  const latency = await ctx.metrics.range(queries.latency, from, at, STEP_MS);
  const statuses = await ctx.metrics.range(queries.statuses, from, at, STEP_MS);
  const { total, failed } = served(statuses.series);
  const first = latency.series[0];
  const told = { total, failed, latency: first ? finitePoints(first) : new Map<number, number>() };
  return {
    ...judge(told, { at, from, since: Math.max(incident.since, at - MAX_BACK_MS) }),
    queries: [queries.latency, queries.statuses],
  };
}

function statusQuery({ family, form, matchers }: ServerSeries): string {
  const name = form === 'native' ? family.name : `${family.name}_count`;
  const rate = `rate({__name__="${name}",${matchers}}[${RATE_WINDOW_MS / 60_000}m])`;
  const counted = form === 'native' ? `histogram_count(${rate})` : rate;
  return `sum by (${STATUS_LABELS.join(', ')}) (${counted})`;
}

interface Told {
  readonly total: Points;
  readonly failed: Points;
  readonly latency: Points;
}

function judge({ total, failed, latency }: Told, past: Past): Omit<UsersState, 'queries'> {
  const flowing = new Map([...total].filter(([, perS]) => perS >= MIN_RATE_PER_S));
  const slow = new Map([...latency].filter(([when]) => flowing.has(when)));
  const shares = new Map([...flowing].map(([when, perS]) => [when, (failed.get(when) ?? 0) / perS]));
  const now = (points: Points) => medianOf(valuesWithin(points, past.at - RECENT_MS, past.at));
  const usual = (points: Points) => usualOf(points, past);
  const [rate, seconds, before] = [now(flowing), now(slow), usual(slow)];
  const rateBefore = usual(flowing);
  const [errors, errorsBefore] = [now(shares), usual(shares)];
  if (rate === null) return { state: 'unmeasured', because: 'too few requests to tell', figures: {} };

  const figures = Object.fromEntries(
    Object.entries({
      ratePerS: rate,
      usualRatePerS: rateBefore,
      latencySeconds: seconds,
      usualLatencySeconds: before,
      errorShare: errors,
    }).filter((entry): entry is [string, number] => entry[1] !== null),
  );
  if (errors !== null && errors >= FAILING.share && errors >= (errorsBefore ?? 0) * FAILING.ratio) {
    return { state: 'hurt', because: `${(errors * 100).toFixed(1)} % of its requests fail`, figures };
  }
  if (seconds === null || before === null)
    return { state: 'unmeasured', because: 'what is usual is not known', figures };
  const isSlow = seconds >= before * SLOWER.ratio && seconds - before >= SLOWER.riseSeconds;
  const text = `its requests take ${shown(seconds)} s, usually ${shown(before)} s`;
  return { state: isSlow ? 'hurt' : 'well', because: text, figures };
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
