import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import {
  baselineOf,
  findServerSeries,
  medianOf,
  readAround,
  requestQueries,
} from '../../src/workload-metrics/index.ts';
import { TrafficDropConfig } from './schema.ts';

const DEVIATIONS = 6;

/** Far fewer requests arrive than are usual, while the workload is there to serve them. */
export const trafficDrop = defineDetector({
  id: 'traffic-drop',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['traffic'],
  config: TrafficDropConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    // Without pods that serve, the fall is the effect of something else.
    if (incident.workload.readyReplicas === 0) return [];
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
    const change = usual.median - perS;
    const isFar = change >= config.minChangePerS && change >= usual.deviation * DEVIATIONS;
    if (!isFar || perS * config.minRatio > usual.median) return [];

    const shown = (value: number) => Number(value.toPrecision(3));
    return [
      {
        id: ctx.newId(),
        detector: 'traffic-drop',
        reason: 'traffic-drop',
        subject,
        confidence: 0.9,
        summary: `${subjectName(subject)} gets ${shown(perS)} requests/s, usually ${shown(usual.median)}`,
        figures: { ratePerS: perS, usualPerS: usual.median, baselinePoints: usual.points },
        evidence: [rate].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
      },
    ];
  },
});
