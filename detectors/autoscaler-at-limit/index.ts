import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { AutoscalerView, WorkloadView } from '../../src/ports/cluster.ts';
import type { UsersState } from '../../src/workload-metrics/index.ts';
import { readAutoscaler, readUsers } from '../../src/workload-metrics/index.ts';
import type { AtLimit } from './judge.ts';
import { judge } from './judge.ts';
import { AutoscalerAtLimitConfig } from './schema.ts';

export const autoscalerAtLimit = defineDetector<AutoscalerAtLimitConfig>({
  id: 'autoscaler-at-limit',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['capacity'],
  config: AutoscalerAtLimitConfig,
  async detect(incident, config, ctx) {
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees]) {
      const { subject } = workload;
      const autoscaler = ctx.cluster.autoscalerOf(subject);
      if (autoscaler === null) continue;
      // KEDA names the HPA that it makes after its own object.
      const name = autoscaler.by === 'KEDA' ? `keda-hpa-${autoscaler.name}` : autoscaler.name;
      const series = await readAutoscaler({ namespace: subject.namespace, name }, config.atLimitFor + 60_000, ctx);
      const told = series && judge(series, workload, autoscaler, config);
      if (!series || !told) continue;
      // At its maximum and at ease is what a maximum is for.
      const users = await readUsers({ workload, since: incident.since }, ctx);
      if (users.state === 'well') continue;
      findings.push(findingOf({ workload, autoscaler, told, users, queries: [series.query, ...users.queries], ctx }));
    }
    return findings;
  },
});

interface Told {
  readonly workload: WorkloadView;
  readonly autoscaler: AutoscalerView;
  readonly told: AtLimit;
  readonly users: UsersState;
  readonly queries: readonly string[];
  readonly ctx: Pick<ReadContext, 'metrics' | 'newId'>;
}

function findingOf({ workload: { subject }, autoscaler, told, users, queries, ctx }: Told): Finding {
  const { replicas, maxReplicas, overTarget, metric } = told;
  const over =
    overTarget === null ? 'it wants more' : `${metric} at ${Math.round((1 + overTarget) * 100)} % of its target`;
  const kind = autoscaler.by === 'KEDA' ? 'scaledobject' : 'hpa';
  const patch =
    autoscaler.by === 'KEDA'
      ? { spec: { maxReplicaCount: maxReplicas * 2 } }
      : { spec: { maxReplicas: maxReplicas * 2 } };
  return {
    id: ctx.newId(),
    detector: 'autoscaler-at-limit',
    reason: 'autoscaler-at-limit',
    subject,
    confidence: confidenceOf(told, users),
    summary: `${subjectName(subject)}: ${autoscaler.by} ${autoscaler.name} has ${replicas} of at most ${maxReplicas} replicas, ${over}; ${users.because}`,
    figures: { replicas, maxReplicas, ...(overTarget === null ? {} : { overTarget }), ...users.figures },
    evidence: queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
    mend: commandText(
      'kubectl',
      '-n',
      subject.namespace,
      'patch',
      kind,
      autoscaler.name,
      '--type',
      'merge',
      '-p',
      JSON.stringify(patch),
    ),
  };
}

/** That it wants more is known only by its own metric, or by its condition. */
function confidenceOf({ overTarget, limited }: AtLimit, users: UsersState): number {
  const wants = overTarget !== null ? 0 : limited ? 0.05 : 0.25;
  return Number(((users.state === 'hurt' ? 0.85 : 0.6) - wants).toFixed(2));
}
