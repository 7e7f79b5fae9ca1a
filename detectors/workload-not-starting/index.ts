import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { finitePoints, objectLabelOf, objectMatchers, readSeries } from '../../src/workload-metrics/index.ts';
import type { StuckPod } from './judge.ts';
import { isHeld, STEP_MS, stuckPods } from './judge.ts';
import { STATE_NAMINGS } from './pod-states.ts';
import { WorkloadNotStartingConfig } from './schema.ts';

export const workloadNotStarting = defineDetector<WorkloadNotStartingConfig>({
  id: 'workload-not-starting',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: WorkloadNotStartingConfig,
  async detect(incident, config, ctx) {
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const finding = await lookAt(workload, config, ctx);
      if (finding !== null) findings.push(finding);
    }
    return findings;
  },
});

async function lookAt(
  workload: WorkloadView,
  config: WorkloadNotStartingConfig,
  ctx: ReadContext,
): Promise<Finding | null> {
  const { subject } = workload;
  const pods = ctx.cluster.podsOf(subject);
  const wanted = workload.replicas ?? pods.length;
  if (workload.readyReplicas >= wanted && pods.every((pod) => pod.ready)) return null;
  const window = {
    backMs: config.slowFor + 60_000,
    stepMs: STEP_MS,
    by: ['reason', 'condition', 'k8s_container_status_reason'],
  };
  const { query, series, at } = await readSeries(subject, STATE_NAMINGS, window, ctx);
  const stuck = stuckPods(series, pods, at, config);
  if (stuck.length > 0) return findingOf(workload, stuck, [query], ctx);
  if (pods.length >= wanted) return null;
  const refusal = await readRefusal(workload, at, config, ctx);
  return refusal === null ? null : findingOf(workload, [refusal.stuck], [query, refusal.query], ctx);
}

/** Pods that are missing altogether: their creation is refused, by a quota or by admission. */
async function readRefusal(
  { subject }: WorkloadView,
  at: number,
  config: WorkloadNotStartingConfig,
  ctx: ReadContext,
): Promise<{ stuck: StuckPod; query: string } | null> {
  const label = objectLabelOf(subject);
  if (label !== 'deployment') return null;
  const name = 'kube_deployment_status_condition{condition="ReplicaFailure",status="true"';
  const query = objectMatchers([label], subject.namespace, subject.name)
    .slice(0, 2)
    .map((matchers) => `max(${name},${matchers}})`)
    .join('\nor ');
  const answer = await ctx.metrics.range(query, at - config.refusedFor - 60_000, at, STEP_MS);
  const [first] = answer.series;
  if (!first || !isHeld(finitePoints(first), at, config.refusedFor)) return null;
  const text = 'its pods may not be created: a quota is used up, or admission refuses them';
  return { stuck: { pod: '', container: '', reason: 'FailedCreate', text, confidence: 0.95 }, query };
}

function findingOf(
  workload: WorkloadView,
  stuck: readonly StuckPod[],
  queries: readonly string[],
  ctx: Pick<ReadContext, 'metrics' | 'keep' | 'newId'>,
): Finding {
  const { subject } = workload;
  const [worst] = stuck.toSorted((a, b) => b.confidence - a.confidence);
  const { reason = '', text = '', confidence = 0, pod = '' } = worst ?? {};
  const images = workload.containers.map(({ name, image }) => ({ name, image }));
  const kept = ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `${subjectName(subject)}: ${workload.readyReplicas} of ${workload.replicas ?? 'all'} ready`,
    query: `${subject.kind} ${subject.namespace}/${subject.name}`,
    body: { replicas: workload.replicas, readyReplicas: workload.readyReplicas, images, stuck },
  });
  const told = reason.includes('Image') ? `${text} (${images.map(({ image }) => image).join(', ')})` : text;
  const object = `${subject.kind.toLowerCase()}/${subject.name}`;
  return {
    id: ctx.newId(),
    detector: 'workload-not-starting',
    reason: 'workload-not-starting',
    subject,
    confidence,
    summary: `${subjectName(subject)}: ${reason === 'FailedCreate' ? '' : `${stuck.length} pods do not start, ${pod}: `}${reason}, ${told}`,
    figures: {
      podsStuck: stuck.filter((one) => one.pod !== '').length,
      readyReplicas: workload.readyReplicas,
      ...(workload.replicas === null ? {} : { replicas: workload.replicas }),
    },
    evidence: [kept, ...queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? [])],
    mend: [
      pod === ''
        ? commandText('kubectl', '-n', subject.namespace, 'describe', 'replicasets,quota')
        : commandText('kubectl', '-n', subject.namespace, 'describe', 'pod', pod),
      `${commandText('kubectl', '-n', subject.namespace, 'rollout', 'undo', object)}  # when it is a new revision`,
    ].join('\n'),
  };
}
