import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import {
  beforeIt,
  findServerSeries,
  medianOf,
  readAround,
  requestQueries,
  valuesWithin,
} from '../../src/workload-metrics/index.ts';
import { burstInLog, linesText, percent } from './by-log.ts';
import { ErrorBurstConfig } from './schema.ts';

/** A much larger share of the workload's requests fails than before. */
export const errorBurst = defineDetector({
  id: 'error-burst',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['errors'],
  config: ErrorBurstConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    const now = Math.floor(ctx.now() / 1000) * 1000;
    const series = await findServerSeries(subject, ctx.metrics, now);
    const queries = series && requestQueries(series);
    const logs = await ctx.logs.around(incident.workload, incident.since);
    if (!queries?.failed) return logs.known ? burstInLog(subject, logs, config, ctx) : [];

    const rate = await readAround(queries.rate, incident, config, ctx, now);
    const failed = await readAround(queries.failed, incident, config, ctx, now);
    // A workload that never failed has no series of failures: where requests flow, none failed.
    const flowing = [...rate.points].filter(([, perS]) => perS >= config.minRatePerS);
    const shares = new Map(flowing.map(([when, perS]) => [when, (failed.points.get(when) ?? 0) / perS]));
    const current = medianOf(valuesWithin(shares, rate.recentFrom, now));
    // The minutes just before are not asked: a release that fails from its first request on would be as usual.
    const settled = beforeIt(shares, rate.past, { enough: 1, excludeMs: config.exclude });
    const before = settled === null || settled.isYoung ? [] : settled.values;
    const usual = medianOf(before) ?? 0;
    const perS = medianOf(rate.recent);
    if (current === null || perS === null || current < config.minShare || current < usual * config.minRatio) return [];

    return [
      {
        id: ctx.newId(),
        detector: 'error-burst',
        reason: 'error-burst',
        subject,
        confidence: before.length > 0 ? 0.95 : 0.7,
        summary: `${subjectName(subject)} fails ${percent(current)} of its requests, usually ${percent(usual)}, at ${Number(perS.toPrecision(3))} requests/s${logs.known ? linesText(logs) : ''}`,
        figures: { failedShare: current, usualShare: usual, ratePerS: perS },
        evidence: [
          ...[queries.rate, queries.failed].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
          ...(logs.known ? [logs.evidence] : []),
        ],
      },
    ];
  },
});
