import { commandText } from '../../src/domain/command-text.ts';
import { subjectName } from '../../src/domain/subject.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { AutoscalerSeries, Points } from '../../src/workload-metrics/index.ts';
import { readAutoscaler, readUsers, valuesWithin } from '../../src/workload-metrics/index.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import { brokenByConditions } from './conditions.ts';
import { MisconfiguredAutoscalerConfig } from './schema.ts';

export const misconfiguredAutoscaler = defineDetector<MisconfiguredAutoscalerConfig>({
  id: 'misconfigured-autoscaler',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: MisconfiguredAutoscalerConfig,
  async detect(incident, config, ctx) {
    const { subject, workload } = incident;
    const autoscaler = ctx.cluster.autoscalerOf(subject);
    // At zero replicas an autoscaler is off, by design.
    if (autoscaler === null || workload.replicas === 0) return [];
    const name = autoscaler.by === 'KEDA' ? `keda-hpa-${autoscaler.name}` : autoscaler.name;
    const details = (await ifAnswered(ctx.cluster.autoscalersOf(subject, ctx.signal))) ?? [];
    const told = brokenByConditions(details, workload, { at: ctx.now(), brokenFor: config.brokenFor });
    const series = told
      ? null
      : await readAutoscaler({ namespace: subject.namespace, name }, config.brokenFor + 60_000, ctx);
    const broken = told?.text ?? (series && brokenBy(series, config.brokenFor));
    if (broken === null) return [];

    const users = await readUsers(incident, ctx);
    if (users.state === 'well') return [];
    const queries = [...(series ? [series.query] : []), ...users.queries];
    const kept =
      told &&
      ctx.keep({
        kind: 'cluster-object',
        source: 'kubernetes',
        title: `autoscalers of ${subjectName(subject)}: ${details.length}`,
        query: `HorizontalPodAutoscalers that target ${subjectName(subject)}`,
        body: details,
      });
    const evidence = [
      ...(kept === null ? [] : [kept]),
      ...queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
    ];
    return [
      {
        id: ctx.newId(),
        detector: 'misconfigured-autoscaler',
        reason: 'autoscaler-misconfigured',
        subject,
        confidence: users.state === 'hurt' ? (told ? 0.9 : 0.8) : 0.5,
        summary: `${subjectName(subject)}: ${autoscaler.by} ${autoscaler.name} ${broken}; ${users.because}`,
        figures: { ...(workload.replicas === null ? {} : { replicas: workload.replicas }), ...users.figures },
        evidence,
        mend: told?.mend ?? commandText('kubectl', '-n', subject.namespace, 'describe', 'hpa', name),
      },
    ];
  },
});

function brokenBy(series: AutoscalerSeries, brokenFor: number): string | null {
  const held = (points: Points) => {
    const values = valuesWithin(points, series.at - brokenFor, series.at);
    return values.length >= 3 && values.every((value) => value === 1);
  };
  if (held(series.inactive)) return 'does not scale: it gets no metric or has no target (ScalingActive=False)';
  return held(series.unableToScale) ? 'cannot scale: it does not reach its target (AbleToScale=False)' : null;
}
