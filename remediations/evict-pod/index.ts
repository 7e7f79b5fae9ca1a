import { HaleError } from '../../src/domain/errors.ts';
import type { PodObject } from '../../src/domain/finding.ts';
import { type Subject, subjectName } from '../../src/domain/subject.ts';
import { intentOn, markOf, present } from '../../src/object-changes/index.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineRemediation } from '../../src/plugin/remediation.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import { EvictCheckpoint, EvictParams, EvictSettings } from './schema.ts';
import { whyNot } from './whether.ts';

/** Kinds whose controller makes another pod, which need not run on the same node. */
const KINDS = ['Deployment', 'StatefulSet'];

/** Away from a node that it fills, through the eviction API: disruption budgets are kept, by the API server itself. */
export const evictPod = defineRemediation<EvictSettings, EvictParams, EvictCheckpoint>({
  id: 'evict-pod',
  summary: 'evicts the one pod that fills its node, so that it is started anew, where the scheduler finds room',
  needs: [
    { group: 'apps', resource: 'deployments', verb: 'get', because: 'the workload is read before and after' },
    { group: 'apps', resource: 'statefulsets', verb: 'get', because: 'the workload is read before and after' },
    { group: 'apps', resource: 'deployments', verb: 'patch', because: 'the intent is left on the workload' },
    { group: 'apps', resource: 'statefulsets', verb: 'patch', because: 'the intent is left on the workload' },
    { group: '', resource: 'pods', verb: 'list', because: 'the pod is looked at before and after' },
    { group: '', resource: 'pods', verb: 'get', because: 'the pod is looked at just before it is evicted' },
    { group: '', resource: 'nodes', verb: 'list', because: 'another node has to take the pod' },
    { group: 'policy', resource: 'poddisruptionbudgets', verb: 'list', because: 'whether a pod may be evicted' },
    { group: '', resource: 'pods', subresource: 'eviction', verb: 'create', because: 'the change itself' },
  ],
  handles: ['node-trouble'],
  settings: EvictSettings,
  params: EvictParams,
  checkpoint: EvictCheckpoint,
  evidence: ['cluster-object'],
  risk: 'disruptive',
  rollback: { none: 'a pod that has ended cannot be brought back; its workload has made another' },

  async propose({ subject, object: named }, settings, ctx) {
    if (named === undefined) return { declined: 'no single pod is to blame: the node itself is in trouble' };
    if (!KINDS.includes(subject.kind))
      return { declined: `a pod of a ${subject.kind} would come back to the same node, or begin its work again` };
    const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
    if (workload?.subject.uid !== subject.uid) return { declined: `${subjectName(subject)} does not exist any more` };
    const pods = await ctx.cluster.freshPods(workload, ctx.signal);
    const pod = podIn(pods, named);
    if (pod === null) return { declined: `pod ${named.namespace}/${named.name} does not exist any more` };
    if (pod.nodeName === null) return { declined: `pod ${pod.name} is on no node` };
    const [nodes, budgets, object] = await Promise.all([
      ctx.cluster.nodes(ctx.signal),
      ctx.cluster.disruptionBudgets(subject.namespace, ctx.signal),
      ctx.cluster.object(subject, ctx.signal),
    ]);
    const declined = whyNot({ workload, pod, pods, nodes, budgets, object }, settings);
    return declined === null ? { params: { pod: named, node: pod.nodeName } } : { declined };
  },

  async preview({ subject }, { pod, node }, ctx) {
    const { pods } = await lookedAt(subject, pod, ctx);
    return {
      summary: `evict pod ${pod.namespace}/${pod.name} from node ${node}`,
      changes: [
        { field: `Pod ${pod.namespace}/${pod.name}`, before: `runs on ${node}`, after: 'ended; another is made' },
      ],
      blastRadius: `one of ${pods.length} pods of ${subjectName(subject)}; it is started anew where the scheduler finds room, which may be the same node; what it was doing is cut off`,
      touches: { 'metadata.uid': subject.uid },
    };
  },

  async prepare({ subject }, { pod }, ctx) {
    await lookedAt(subject, pod, ctx);
    return { workload: subject, pod };
  },

  /** A pod cannot be marked and then be told to have been evicted by whom: the workload is marked first, and only a pod that is still there is evicted. */
  async apply(_params, { workload, pod }, ctx) {
    const fence = { intentId: ctx.intentId, deadline: ctx.deadline, signal: ctx.signal };
    const object = await present(workload, ctx);
    const view = await workloadOf(workload, ctx);
    if (intentOn(object) === ctx.intentId) {
      if (isGone(await ctx.cluster.freshPods(view, ctx.signal), pod)) return;
    } else {
      await lookedAt(workload, pod, ctx);
      await ctx.writer.replaceFields({ subject: workload, fields: [markOf(object, ctx.intentId)] }, fence);
    }
    await ctx.writer.evictPod(pod, fence);
  },

  async settle(intent, ctx) {
    const { workload, pod } = EvictCheckpoint.parse(intent.checkpoint);
    const view = await ctx.cluster.freshWorkload(workload, ctx.signal);
    if (view?.subject.uid !== workload.uid) return 'unknown';
    // The pod first: a mark that is written between the two readings must not lend its name to a pod that was gone before.
    const gone = isGone(await ctx.cluster.freshPods(view, ctx.signal), pod);
    const marked = intentOn(await ctx.cluster.object(workload, ctx.signal)) === intent.id;
    if (gone) return marked ? 'applied' : 'unknown';
    return ctx.now() > intent.deadline ? 'not-applied' : 'unknown';
  },

  async effect(_params, { workload, pod }, _direction, ctx) {
    const view = await ctx.cluster.freshWorkload(workload, ctx.signal);
    if (view?.subject.uid !== workload.uid) return 'reverted';
    const pods = await ctx.cluster.freshPods(view, ctx.signal);
    if (podIn(pods, pod) !== null) return 'pending';
    const ready = pods.filter((one) => one.ready && !one.terminating).length;
    return ready >= (view.replicas ?? 0) ? 'in-force' : 'pending';
  },
});

function podIn(pods: readonly PodView[], { uid }: PodObject): PodView | null {
  return pods.find((one) => one.uid === uid) ?? null;
}

/** A pod that is being deleted does not come back. */
function isGone(pods: readonly PodView[], pod: PodObject): boolean {
  return podIn(pods, pod)?.terminating !== false;
}

async function workloadOf(subject: Subject, ctx: ReadContext): Promise<WorkloadView> {
  const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
  if (workload?.subject.uid === subject.uid) return workload;
  throw new HaleError('world-moved', `${subjectName(subject)} is gone, or another object of the same name`);
}

/** The workload and its pods, that one among them. Errors: world-moved. */
async function lookedAt(subject: Subject, pod: PodObject, ctx: ReadContext) {
  const workload = await workloadOf(subject, ctx);
  const pods = await ctx.cluster.freshPods(workload, ctx.signal);
  if (!isGone(pods, pod)) return { workload, pods };
  throw new HaleError('world-moved', `pod ${pod.namespace}/${pod.name} is gone, or leaving`);
}
