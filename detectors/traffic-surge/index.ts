import { defineDetector } from '../../src/plugin/detector.ts';
import { readUnusualTraffic, readUsers } from '../../src/workload-metrics/index.ts';
import { TrafficSurgeConfig } from './schema.ts';

/** Many times as many requests arrive as are usual. */
export const trafficSurge = defineDetector({
  id: 'traffic-surge',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['traffic', 'capacity', 'cpu'],
  config: TrafficSurgeConfig,
  async detect(incident, config, ctx) {
    const traffic = await readUnusualTraffic(incident, config, ctx);
    if (traffic === null) return [];
    const ratio = traffic.usualPerS > 0 ? traffic.perS / traffic.usualPerS : Number.POSITIVE_INFINITY;
    if (ratio < Math.min(config.minRatio, config.minRatioWhileHurt)) return [];
    const { isYoung, summary, figures, evidence } = traffic;
    const { state, queries } = await readUsers(incident, ctx);
    const isPlain = ratio >= config.minRatio;
    // Only what is served is counted: who cannot keep up serves no more than it can, however many come.
    if (!isPlain && state !== 'hurt') return [];
    return [
      {
        id: ctx.newId(),
        detector: 'traffic-surge',
        reason: 'traffic-surge',
        subject: incident.subject,
        // A guess, until something that it is short of makes it surer: what failed is asked for again, and that is more as well. And where
        // nobody is hurt by it, as when what was held back comes through again, nothing has to be done.
        confidence: !isYoung && isPlain && state === 'hurt' ? 0.6 : 0.5,
        summary,
        figures,
        evidence: [...evidence, ...queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? [])],
      },
    ];
  },
});
