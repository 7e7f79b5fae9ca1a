import { commandText } from '../../src/domain/command-text.ts';
import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { named, otelNamed, readSeries } from '../../src/workload-metrics/index.ts';
import type { PodTargets } from './judge.ts';
import { judgePods } from './judge.ts';
import { MissingTelemetryConfig } from './schema.ts';

/** No longer than between two scrapes: a target that answers now and then must not look as if it never did. */
const STEP_MS = 15_000;
const BACK_MS = 30 * 60_000;

/** `up` of what is scraped; `target_info` of what is pushed by OTLP, which vanishes with its sender. */
const NAMINGS = [...named('up', ['up']), ...otelNamed('pushed', ['target_info'])] as const;

export const missingTelemetry = defineDetector<MissingTelemetryConfig>({
  id: 'missing-telemetry',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: MissingTelemetryConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    const ready = ctx.cluster.podsOf(subject).filter((pod) => pod.ready);
    if (ready.length === 0) return [];
    const window = { backMs: BACK_MS, stepMs: STEP_MS, by: ['job', 'instance'] };
    const { query, series, at } = await readSeries(subject, NAMINGS, window, ctx);
    const names = ready.map((pod) => pod.name);
    const pods = judgePods(series, names, { at, missingFor: config.missingFor, stepMs: STEP_MS });
    const isMissing = (pod: PodTargets) => pod.down.length + pod.vanished.length > 0;
    const blind = pods.filter((pod) => isMissing(pod) && pod.up.length === 0);
    const partly = pods.filter((pod) => isMissing(pod) && pod.up.length > 0);
    const told = blind.length >= ready.length * config.minPodShare ? blind : partly;
    if (told.length === 0 || told.length < ready.length * config.minPodShare) return [];

    const isBlind = told === blind;
    return [
      {
        id: ctx.newId(),
        detector: 'missing-telemetry',
        reason: 'telemetry-missing',
        subject,
        // A pod that is out of CPU does not answer its scrapes either: the deeper cause has to stand above this one.
        confidence: isBlind ? 0.7 : 0.4,
        summary: `${subjectName(subject)}: ${told.length} of ${ready.length} ready pods ${seen(told, isBlind)}`,
        figures: {
          readyPods: ready.length,
          podsAffected: told.length,
          targetsDown: told.flatMap((pod) => pod.down).length,
          targetsVanished: told.flatMap((pod) => pod.vanished).length,
        },
        evidence: [ctx.metrics.evidenceOf(query) ?? []].flat(),
        mend: commandText('kubectl', '-n', subject.namespace, 'get', 'servicemonitors,podmonitors,networkpolicies'),
      },
    ];
  },
});

function seen(told: readonly PodTargets[], isBlind: boolean): string {
  const [down, vanished] = [told.flatMap((pod) => pod.down), told.flatMap((pod) => pod.vanished)];
  const parts = [
    ...(down.length > 0 ? [`${down.length} targets do not answer (${down[0]})`] : []),
    ...(vanished.length > 0 ? [`${vanished.length} targets are gone (${vanished[0]})`] : []),
  ];
  return `${isBlind ? 'tell nothing' : 'tell less than before'}: ${parts.join(', ')}`;
}
