import { HaleError } from '../../src/domain/errors.ts';
import type { Cause } from '../../src/domain/finding.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import type { ActContext, ReadContext } from '../../src/plugin/context.ts';
import { defineRemediation } from '../../src/plugin/remediation.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { replicasNeeded } from './replicas-needed.ts';
import { ScaleCheckpoint, ScaleParams, ScaleSettings } from './schema.ts';

/** What Kubernetes records as the writer of a field that Hale wrote. */
const FIELD_MANAGER = 'hale';

/** Kinds with a scale subresource whose replicas share the load. */
const SCALABLE = ['Deployment', 'StatefulSet'];

export const scaleWorkload = defineRemediation<ScaleSettings, ScaleParams, ScaleCheckpoint>({
  id: 'scale-workload',
  summary: 'adds replicas to a workload that is too small for its load',
  needs: [
    {
      group: 'apps',
      resource: 'deployments',
      verb: 'get',
      because: 'the replicas are read before and after the change',
    },
    {
      group: 'apps',
      resource: 'statefulsets',
      verb: 'get',
      because: 'the replicas are read before and after the change',
    },
    { group: 'apps', resource: 'deployments', subresource: 'scale', verb: 'patch', because: 'the change itself' },
    { group: 'apps', resource: 'statefulsets', subresource: 'scale', verb: 'patch', because: 'the change itself' },
  ],
  handles: ['connection-pool-waiting', 'cpu-saturated', 'traffic-surge', 'queue-backlog'],
  settings: ScaleSettings,
  params: ScaleParams,
  checkpoint: ScaleCheckpoint,
  evidence: ['metric-range', 'cluster-object'],
  risk: 'reversible',

  async propose(cause, settings, ctx) {
    const { subject } = cause;
    if (!SCALABLE.includes(subject.kind)) return { declined: `a ${subject.kind} has no replicas to add` };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    const from = workload.replicas ?? 0;
    if (from === 0) return { declined: "it is scaled to zero: that was somebody's decision" };
    if (from >= settings.maxReplicas)
      return { declined: `it has ${from} replicas already, the ceiling of the policy is ${settings.maxReplicas}` };
    const to = replicasNeeded(from, cause.figures, settings);
    return { params: { from, to } };
  },

  async preview(cause, { from, to }, ctx) {
    const workload = await present(cause.subject, ctx);
    return {
      summary: `scale ${subjectName(cause.subject)} from ${from} to ${to} replicas`,
      changes: [{ field: 'spec.replicas', before: String(from), after: String(to) }],
      blastRadius: `${to - from} new pods of ${subjectName(cause.subject)} in namespace ${cause.subject.namespace}; no running pod is touched`,
      touches: { 'metadata.uid': workload.subject.uid, 'spec.replicas': from },
      replicasAfter: to,
    };
  },

  async prepare(cause, { from, to }, ctx) {
    const workload = await present(cause.subject, ctx);
    return { subject: cause.subject, from, to, managerBefore: workload.replicasManager };
  },

  apply: (_params, { subject, from, to }, ctx) => scale(subject, from, to, ctx),
  rollback: ({ subject, from, to }, ctx) => scale(subject, to, from, ctx),

  async settle(intent, ctx) {
    const { subject, from, to, managerBefore } = ScaleCheckpoint.parse(intent.checkpoint);
    const forward = intent.direction === 'apply';
    const before = forward ? { replicas: from, manager: managerBefore } : { replicas: to, manager: FIELD_MANAGER };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return 'unknown';
    const { replicas, replicasManager } = workload;
    if (replicas === (forward ? to : from) && replicasManager === FIELD_MANAGER) return 'applied';
    // The old count under another manager may be the work of somebody who has undone what was written.
    const isAsBefore = replicas === before.replicas && replicasManager === before.manager;
    return isAsBefore && ctx.now() > intent.deadline ? 'not-applied' : 'unknown';
  },

  async effect(_params, { subject, from, to }, direction, ctx) {
    const wanted = direction === 'apply' ? to : from;
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid || workload.replicas !== wanted) return 'reverted';
    if (workload.progressDeadlineExceeded) return 'failed';
    const settled = workload.observedGeneration >= workload.generation && workload.readyReplicas >= wanted;
    return settled ? 'in-force' : 'pending';
  },
});

async function present(subject: Cause['subject'], ctx: ReadContext): Promise<WorkloadView> {
  const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
  if (workload?.subject.uid === subject.uid) return workload;
  throw new HaleError('world-moved', `${subjectName(subject)} is gone, or another object of the same name`);
}

/**
 * One patch that tests UID and old count. Applied twice it is one change: the second finds the wanted count set by Hale. The same count
 * set by anybody else is a world that moved.
 */
async function scale(subject: Subject, from: number, to: number, ctx: ActContext): Promise<void> {
  const fence = { intentId: ctx.intentId, deadline: ctx.deadline, signal: ctx.signal };
  try {
    await ctx.writer.scale({ subject, from, to }, fence);
  } catch (error) {
    if (!(error instanceof HaleError) || error.code !== 'world-moved') throw error;
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    const done =
      workload?.subject.uid === subject.uid && workload.replicas === to && workload.replicasManager === FIELD_MANAGER;
    if (!done) throw error;
  }
}
