import { defineDetector } from '../../src/plugin/detector.ts';
import { readUnusualTraffic } from '../../src/workload-metrics/index.ts';
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
    if (traffic === null || traffic.perS < traffic.usualPerS * config.minRatio) return [];
    const { summary, figures, evidence } = traffic;
    return [
      {
        id: ctx.newId(),
        detector: 'traffic-surge',
        reason: 'traffic-surge',
        subject: incident.subject,
        confidence: 0.6,
        summary,
        figures,
        evidence: [...evidence],
      },
    ];
  },
});
