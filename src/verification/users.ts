import type { IndicatorReading } from '../domain/incident.ts';
import type { Measure } from '../domain/plan.ts';
import type { ReadContext } from '../plugin/context.ts';

type Reading = Pick<ReadContext, 'metrics' | 'now'>;

/** Reads what users feel now. An answer that is empty, NaN, infinite, ambiguous or failed is `null`, never zero. */
export async function readUsers(measure: Measure, ctx: Reading): Promise<IndicatorReading> {
  return readBoth(measure, ctx);
}

/** The two queries of a measure, for the users of another workload. */
export interface MeasureElsewhere extends Pick<Measure, 'indicator' | 'traffic'> {
  readonly feltBy: string;
}

/** The same for others who feel the cause; where nobody measures them they are left out. */
export async function readUsersElsewhere(
  measures: readonly MeasureElsewhere[],
  ctx: Reading,
): Promise<readonly IndicatorReading[]> {
  const readings = await Promise.all(
    measures.map(async (one) => ({ ...(await readBoth(one, ctx)), feltBy: one.feltBy })),
  );
  return readings.filter(({ indicator }) => indicator !== null);
}

async function readBoth(queries: Pick<Measure, 'indicator' | 'traffic'>, ctx: Reading): Promise<IndicatorReading> {
  const at = ctx.now();
  const [indicator, trafficPerS] = await Promise.all([
    single(queries.indicator, at, ctx),
    single(queries.traffic, at, ctx),
  ]);
  return { at, indicator, trafficPerS };
}

/** The neighbours' indicator by series; empty when the policy names none, null when they could not be read. */
export async function readNeighbours(measure: Measure, ctx: Reading): Promise<Record<string, number> | null> {
  if (measure.neighbours === null) return {};
  try {
    const answer = await ctx.metrics.instant(measure.neighbours, ctx.now());
    const finite = answer.series.filter((sample) => Number.isFinite(sample.value));
    return Object.fromEntries(finite.map((sample) => [seriesName(sample.labels), sample.value]));
  } catch {
    return null;
  }
}

async function single(query: string, at: number, ctx: Reading): Promise<number | null> {
  try {
    const answer = await ctx.metrics.instant(query, at);
    const [sample] = answer.series;
    if (sample === undefined || answer.series.length > 1 || answer.warnings.length > 0) return null;
    return Number.isFinite(sample.value) ? sample.value : null;
  } catch {
    // Not measured is an answer of its own here: the judge treats it as unknown.
    return null;
  }
}

function seriesName(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}
