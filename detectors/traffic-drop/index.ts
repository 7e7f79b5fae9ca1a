import { defineDetector } from '../../src/plugin/detector.ts';
import { readUnusualTraffic } from '../../src/workload-metrics/index.ts';
import { TrafficDropConfig } from './schema.ts';

/** Far fewer requests arrive than are usual, while the workload is there to serve them. */
export const trafficDrop = defineDetector({
  id: 'traffic-drop',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['traffic'],
  config: TrafficDropConfig,
  async detect(incident, config, ctx) {
    // Without pods that serve, the fall is the effect of something else.
    if (incident.workload.readyReplicas === 0) return [];
    const traffic = await readUnusualTraffic(incident, config, ctx);
    if (traffic === null || traffic.perS * config.minRatio > traffic.usualPerS) return [];
    const { isYoung, summary, figures, evidence } = traffic;
    return [
      {
        id: ctx.newId(),
        detector: 'traffic-drop',
        reason: 'traffic-drop',
        subject: incident.subject,
        confidence: isYoung ? 0.7 : 0.9,
        summary,
        figures,
        evidence: [...evidence],
      },
    ];
  },
});
