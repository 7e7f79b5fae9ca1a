import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { ifReadable, isServing } from '../../src/workload-metrics/index.ts';
import type { ReplicaHistory } from './replica-history.ts';
import { readReplicaHistory } from './replica-history.ts';
import { ScaledToZeroConfig } from './schema.ts';

export const scaledToZero = defineDetector<ScaledToZeroConfig>({
  id: 'scaled-to-zero',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: ScaledToZeroConfig,
  async detect(incident, config, ctx) {
    // Kubernetes alone shows it: without metrics there are only fewer callees, and no history.
    const asked = ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const empty = [incident.workload, ...callees].filter((workload) => workload.replicas === 0);
    const findings: Finding[] = [];
    for (const workload of empty) {
      // Nobody misses a workload that nothing leads to: a job that was switched off, a canary at rest.
      const isCalled = workload !== incident.workload;
      if (!isCalled && !isServing(workload, ctx.cluster)) continue;
      findings.push(findingOf(workload, isCalled, await ifReadable(readReplicaHistory(workload.subject, ctx)), ctx));
    }
    // Nothing here, and whom it calls is not known: then it could not look.
    if (findings.length === 0) await asked;
    return findings;
  },
});

function findingOf(
  workload: WorkloadView,
  isCalled: boolean,
  history: ReplicaHistory | null,
  ctx: Pick<ReadContext, 'cluster' | 'metrics' | 'keep' | 'newId'>,
): Finding {
  const { subject, replicasManager } = workload;
  const autoscaler = ctx.cluster.autoscalerOf(subject);
  const before = history?.before ?? null;
  const kept = ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `${subjectName(subject)}: replicas 0`,
    query: `${subject.kind} ${subject.namespace}/${subject.name}`,
    body: { replicas: 0, replicasManager, generation: workload.generation, autoscaler },
  });
  const asked = history === null ? [] : [ctx.metrics.evidenceOf(history.query) ?? []].flat();
  const who = replicasManager === null ? '' : `, set by ${replicasManager}`;
  return {
    id: ctx.newId(),
    detector: 'scaled-to-zero',
    reason: 'scaled-to-zero',
    subject,
    confidence: confidenceOf(autoscaler?.minReplicas === 0, isCalled),
    summary: `${subjectName(subject)}: 0 replicas${before === null ? '' : `, ${before} before`}${who}; ${isCalled ? 'others call it' : 'a Service leads to it'}`,
    figures: { replicas: 0, ...(before === null ? {} : { replicasBefore: before }) },
    evidence: [kept, ...asked],
    change: { what: `replicas ${before ?? 'unknown'} -> 0`, by: replicasManager, at: history?.at ?? null },
    mend: commandText(
      'kubectl',
      '-n',
      subject.namespace,
      'scale',
      `${subject.kind.toLowerCase()}/${subject.name}`,
      `--replicas=${before ?? Math.max(1, autoscaler?.minReplicas ?? 1)}`,
    ),
  };
}

/** KEDA takes workloads to zero on purpose, and wakes them by itself. */
function confidenceOf(mayBeZero: boolean, isCalled: boolean): number {
  if (mayBeZero) return 0.5;
  return isCalled ? 0.95 : 0.9;
}
