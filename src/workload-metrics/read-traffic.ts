import { subjectName } from '../domain/subject.ts';
import type { IncidentView, ReadContext } from '../plugin/context.ts';
import { baselineOf } from './baseline.ts';
import { readAround } from './read-around.ts';
import { findServerSeries, requestQueries } from './server-series.ts';
import { medianOf } from './time-points.ts';
import { beforeIt } from './usual.ts';

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
  /** What is usual is told by the minutes just before the incident alone. */
  readonly isYoung: boolean;
  /** One sentence, the figures and the evidence of a finding about it. */
  readonly summary: string;
  readonly figures: Readonly<Record<string, number>>;
  readonly evidence: readonly string[];
}

/** Deviations of the past, beyond which a change is no chance. */
const DEVIATIONS = 6;
/** A rate over two minutes is too low for as long, where its series has just begun: that rise is no surge. */
const WARM_MS = 120_000;
/** Few moments may lie close together by chance: they scatter by this share of what they tell at the least. */
const YOUNG_SCATTER = 0.1;

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
  const { recent, points, past } = await readAround(rate, incident, bounds, ctx, now);
  const perS = medianOf(recent);
  const { minBaselinePoints, exclude } = bounds;
  const before = beforeIt(points, past, { enough: minBaselinePoints, excludeMs: exclude, warmMs: WARM_MS });
  const usual = before === null ? null : baselineOf(before.values, 1);
  if (perS === null || before === null || usual === null) return null;
  const { isYoung } = before;
  const scatter = isYoung ? Math.max(usual.deviation, YOUNG_SCATTER * usual.median) : usual.deviation;
  const change = Math.abs(perS - usual.median);
  if (change < bounds.minChangePerS || change < scatter * DEVIATIONS) return null;
  const shown = (value: number) => Number(value.toPrecision(3));
  return {
    perS,
    usualPerS: usual.median,
    isYoung,
    summary: `${subjectName(incident.subject)} gets ${shown(perS)} requests/s, ${isYoung ? 'in the few minutes that are known before' : 'usually'} ${shown(usual.median)}`,
    figures: { ratePerS: perS, usualPerS: usual.median, baselinePoints: usual.points },
    evidence: [rate].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
  };
}
