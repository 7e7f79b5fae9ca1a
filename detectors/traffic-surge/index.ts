import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import {
  baselineOf,
  findServerSeries,
  medianOf,
  readAround,
  requestQueries,
} from '../../src/workload-metrics/index.ts';
import { TrafficSurgeConfig } from './schema.ts';

const DEVIATIONS = 6;

/** Many times as many requests arrive as are usual. */
export const trafficSurge = defineDetector({
  id: 'traffic-surge',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['traffic'],
  config: TrafficSurgeConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;

    const now = Math.floor(ctx.now() / 1000) * 1000;
    const series = await findServerSeries(subject, ctx.metrics, now);
    if (series === null) return [];
    const { rate } = requestQueries(series);
    const { recent, past } = await readAround(rate, incident, config, ctx, now);
    const perS = medianOf(recent.map(({ value }) => value));
    const usual = baselineOf(
      past.map(({ value }) => value),
      config.minBaselinePoints,
    );
    if (perS === null || usual === null) return [];
    const change = perS - usual.median;
    const isFar = change >= config.minChangePerS && change >= usual.deviation * DEVIATIONS;
    if (!isFar || perS < usual.median * config.minRatio) return [];

    const shown = (value: number) => Number(value.toPrecision(3));
    return [
      {
        id: ctx.newId(),
        detector: 'traffic-surge',
        reason: 'traffic-surge',
        subject,
        confidence: 0.6,
        summary: `${subjectName(subject)} gets ${shown(perS)} requests/s, usually ${shown(usual.median)}`,
        figures: { ratePerS: perS, usualPerS: usual.median, baselinePoints: usual.points },
        evidence: [rate].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
      },
    ];
  },
});
