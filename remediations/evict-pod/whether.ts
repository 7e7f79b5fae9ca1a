import { valueAt } from '../../src/object-changes/index.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { DisruptionBudgetView, NodeView } from '../../src/ports/cluster-details.ts';
import type { EvictSettings } from './schema.ts';

/** What is known when one pod is to be evicted. */
export interface Surroundings {
  readonly workload: WorkloadView;
  readonly pod: PodView;
  /** All pods of the workload. */
  readonly pods: readonly PodView[];
  readonly nodes: readonly NodeView[];
  readonly budgets: readonly DisruptionBudgetView[];
  /** The workload as the API has it. */
  readonly object: unknown;
}

/** Why a pod is left where it is; null when nothing speaks against its eviction. */
export function whyNot(world: Surroundings, settings: EvictSettings): string | null {
  const { pod, pods } = world;
  if (pod.terminating) return `pod ${pod.name} is leaving already`;
  const others = pods.filter((one) => one.uid !== pod.uid && one.ready && !one.terminating);
  if (others.length === 0 && !settings.singleReplica)
    return `pod ${pod.name} is the only one of its workload that is ready: set singleReplica where a gap is borne`;
  if (!settings.localData && hasLocalData(world.object))
    return 'its pods have an emptyDir, whose data would be lost: set localData where that is borne';
  if (!world.nodes.some((node) => node.name !== pod.nodeName && takesPods(node)))
    return `no other node than ${pod.nodeName} takes pods: it would come back to the same one`;
  return refusedByBudget(world);
}

function hasLocalData(object: unknown): boolean {
  const volumes = valueAt(object, '/spec/template/spec/volumes');
  return Array.isArray(volumes) && volumes.some((volume) => valueAt(volume, '/emptyDir') !== null);
}

/** Tolerations are not looked at: a node that keeps pods away counts as none. */
function takesPods({ unschedulable, conditions, taints }: NodeView): boolean {
  const isReady = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return isReady && !unschedulable && !taints.some((taint) => /:(NoSchedule|NoExecute)$/.test(taint));
}

/** Only what is plain is told here; the API server computes the budgets itself, and refuses. */
function refusedByBudget({ pod, budgets }: Surroundings): string | null {
  const own = budgets.filter(
    ({ selector }) =>
      Object.keys(selector).length > 0 && Object.entries(selector).every(([name, value]) => pod.labels[name] === value),
  );
  const [first, second] = own;
  if (first === undefined) return null;
  // The eviction API answers such a pod with an error of its own.
  if (second !== undefined)
    return `disruption budgets ${first.name} and ${second.name} both cover it: it cannot be evicted`;
  return first.disruptionsAllowed > 0 ? null : `disruption budget ${first.name} allows no disruption now`;
}
