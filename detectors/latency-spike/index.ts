import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { RangeSeries } from '../../src/ports/metrics.ts';
import type { Baseline, Past, Points, ServerSeries } from '../../src/workload-metrics/index.ts';
import {
  baselineOf,
  beforeIt,
  findServerSeries,
  finitePoints,
  latencyQueries,
  medianOf,
  valuesWithin,
} from '../../src/workload-metrics/index.ts';
import { LatencySpikeConfig } from './schema.ts';

const STEP_MS = 30_000;
/** What counts as now: the median of the moments in here, so that one odd scrape decides nothing. */
const RECENT_MS = 90_000;
/** Rates look back so far: moments just before the incident already contain some of it. */
const RATE_WINDOW_MS = 120_000;
/** However old the incident is, the past is not looked for further back. */
const MAX_BACK_MS = 6 * 3_600_000;

export const latencySpike = defineDetector<LatencySpikeConfig>({
  id: 'latency-spike',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['latency'],
  config: LatencySpikeConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    const now = Math.floor(ctx.now() / 1000) * 1000;
    const series = await findServerSeries(subject, ctx.metrics, now);
    if (series === null) return [];

    const past = pastOf(incident, config, now);
    const queries = latencyQueries(series, config.quantile);
    const range = (query: string) => ctx.metrics.range(query, now - steps(now - past.from), now, STEP_MS);
    const latency = pointsOf((await range(queries.latency)).series);
    const rate = pointsOf((await range(queries.rate)).series);
    const flowing = new Map([...latency].filter(([at]) => (rate.get(at) ?? 0) >= config.minRatePerS));

    const nowSeconds = medianOf(valuesWithin(flowing, now - RECENT_MS, now));
    const nowPerS = medianOf(valuesWithin(rate, now - RECENT_MS, now));
    const before = beforeIt(flowing, past, { enough: config.minBaselinePoints, excludeMs: config.exclude });
    const baseline = before === null ? null : baselineOf(before.values, 1);
    if (nowSeconds === null || nowPerS === null || before === null || baseline === null) return [];
    if (!isSpike(nowSeconds, baseline, config)) return [];

    const evidence = [queries.latency, queries.rate].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []);
    const { isYoung } = before;
    return [spikeFinding({ subject, series, config, nowSeconds, nowPerS, baseline, isYoung, evidence, ctx })];
  },
});

/** The past that tells what is usual ends before the incident began, also when the incident is old. */
function pastOf(incident: IncidentView, config: LatencySpikeConfig, now: number): Past {
  const since = Math.max(incident.since, now - MAX_BACK_MS);
  const until = Math.min(now - config.exclude, since - RATE_WINDOW_MS);
  return { from: until - config.history - 1, since, at: now };
}

function steps(lengthMs: number): number {
  return Math.ceil(lengthMs / STEP_MS) * STEP_MS;
}

function pointsOf([first]: readonly RangeSeries[]): Points {
  return first === undefined ? new Map() : finitePoints(first);
}

function isSpike(seconds: number, baseline: Baseline, config: LatencySpikeConfig): boolean {
  const rise = seconds - baseline.median;
  return (
    seconds >= baseline.median * config.minRatio &&
    rise >= config.minRiseSeconds &&
    rise >= baseline.deviation * config.minDeviations
  );
}

interface Spike {
  readonly subject: Subject;
  readonly series: ServerSeries;
  readonly config: LatencySpikeConfig;
  readonly nowSeconds: number;
  readonly nowPerS: number;
  readonly baseline: Baseline;
  readonly isYoung: boolean;
  readonly evidence: string[];
  readonly ctx: ReadContext;
}

function spikeFinding(spike: Spike): Finding {
  const { series, config, nowSeconds, nowPerS, baseline } = spike;
  const isMean = series.form === 'mean';
  const figure = isMean ? 'mean' : `p${Math.round(config.quantile * 100)}`;
  const ratio = nowSeconds / Math.max(baseline.median, 0.001);
  const figures = {
    [`${figure}Seconds`]: nowSeconds,
    baselineSeconds: baseline.median,
    ratio,
    ratePerS: nowPerS,
    baselinePoints: baseline.points,
  };
  return {
    id: spike.ctx.newId(),
    detector: 'latency-spike',
    reason: 'latency-spike',
    subject: spike.subject,
    confidence: confidenceOf(spike),
    summary: `${subjectName(spike.subject)}: ${figure} ${shown(nowSeconds)} s, ${ratio.toFixed(1)}x ${spike.isYoung ? 'that of the few minutes known before,' : 'its usual'} ${shown(baseline.median)} s, at ${shown(nowPerS)} requests/s`,
    figures,
    evidence: spike.evidence,
  };
}

/** A short past may not be a usual one, and a mean hides who waits. */
function confidenceOf({ series, baseline, isYoung }: Spike): number {
  const byHistory = isYoung ? 0.65 : baseline.points >= 40 ? 0.95 : 0.8;
  return series.form === 'mean' ? byHistory - 0.15 : byHistory;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
