import type { Finding } from '../../src/domain/finding.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import {
  finitePoints,
  ifReadable,
  objectLabelOf,
  objectMatchers,
  readSeries,
} from '../../src/workload-metrics/index.ts';
import { becauseOf, nothing } from './because.ts';
import { findingOf } from './finding.ts';
import type { StuckPod } from './judge.ts';
import { isHeld, STEP_MS, stuckPods } from './judge.ts';
import { STATE_NAMINGS } from './pod-states.ts';
import { refusalByEvents } from './refusal.ts';
import { WorkloadNotStartingConfig } from './schema.ts';
import { stuckByCluster } from './troubles.ts';

export const workloadNotStarting = defineDetector<WorkloadNotStartingConfig>({
  id: 'workload-not-starting',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: WorkloadNotStartingConfig,
  async detect(incident, config, ctx) {
    // Kubernetes alone shows it: without metrics there are only fewer callees.
    const asked = config.depth === 0 ? Promise.resolve([]) : ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const finding = await lookAt(workload, config, ctx);
      if (finding !== null) findings.push(finding);
    }
    if (findings.length === 0) await asked;
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
  const told = stuckByCluster(pods, ctx.now(), config);
  if (told.length > 0) return explained(workload, told, [], ctx);
  const refused = pods.length < wanted ? await refusalByEvents(workload, config, ctx) : null;
  if (refused !== null)
    return findingOf(workload, { stuck: [refused.stuck], because: refused.because, queries: [] }, ctx);

  const window = {
    backMs: config.slowFor + 60_000,
    stepMs: STEP_MS,
    by: ['reason', 'condition', 'k8s_container_status_reason'],
  };
  const { query, series, at } = await readSeries(subject, STATE_NAMINGS, window, ctx);
  const stuck = stuckPods(series, pods, at, config);
  if (stuck.length > 0) return explained(workload, stuck, [query], ctx);
  if (pods.length >= wanted) return null;
  const refusal = await readRefusal(workload, at, config, ctx);
  if (refusal === null) return null;
  return findingOf(workload, { stuck: [refusal.stuck], because: nothing(), queries: [query, refusal.query] }, ctx);
}

/** The surest of them, with what Events and objects tell of it. */
async function explained(
  workload: WorkloadView,
  stuck: readonly StuckPod[],
  queries: readonly string[],
  ctx: ReadContext,
): Promise<Finding | null> {
  const sorted = stuck.toSorted((a, b) => b.confidence - a.confidence);
  const [worst] = sorted;
  if (worst === undefined) return null;
  const pod = ctx.cluster.podsOf(workload.subject).find(({ name }) => name === worst.pod);
  const because = await becauseOf(worst, pod, workload, ctx);
  return because.passes ? null : findingOf(workload, { stuck: sorted, because, queries }, ctx);
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
