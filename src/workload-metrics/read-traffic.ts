import { subjectName } from '../domain/subject.ts';
import type { IncidentView, ReadContext } from '../plugin/context.ts';
import { baselineOf } from './baseline.ts';
import { readAround } from './read-around.ts';
import { findServerSeries, requestQueries } from './server-series.ts';
import { medianOf } from './time-points.ts';

interface TrafficBounds {
  readonly minChangePerS: number;
  readonly minBaselinePoints: number;
  readonly history: number;
  readonly exclude: number;
}

/** Requests per second of a workload beside what is usual, where that is far from it. */
export interface UnusualTraffic {
  readonly perS: number;
  readonly usualPerS: number;
  /** One sentence, the figures and the evidence of a finding about it. */
  readonly summary: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly evidence: readonly string[];
}

/** Deviations of the past, beyond which a change is no chance. */
const DEVIATIONS = 6;

/** Null while the rate is about what it was, or nobody can tell. Errors of the metrics reader pass through. */
export async function readUnusualTraffic(
  incident: Pick<IncidentView, 'subject' | 'since'>,
  bounds: TrafficBounds,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<UnusualTraffic | null> {
  const now = Math.floor(ctx.now() / 1000) * 1000;
  const series = await findServerSeries(incident.subject, ctx.metrics, now);
  if (series === null) return null;
  const { rate } = requestQueries(series);
  const { recent, past } = await readAround(rate, incident, bounds, ctx, now);
  const perS = medianOf(recent.map(({ value }) => value));
  const usual = baselineOf(
    past.map(({ value }) => value),
    bounds.minBaselinePoints,
  );
  if (perS === null || usual === null) return null;
  const change = Math.abs(perS - usual.median);
  if (change < bounds.minChangePerS || change < usual.deviation * DEVIATIONS) return null;
  const shown = (value: number) => Number(value.toPrecision(3));
  return {
    perS,
    usualPerS: usual.median,
    summary: `${subjectName(incident.subject)} gets ${shown(perS)} requests/s, usually ${shown(usual.median)}`,
    figures: { ratePerS: perS, usualPerS: usual.median, baselinePoints: usual.points },
    evidence: [rate].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
  };
}
