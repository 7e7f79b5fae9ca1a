import { commandText } from '../../src/domain/command-text.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { ClusterEvent, NodeView } from '../../src/ports/cluster-details.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import type { Because } from './because.ts';
import type { SchedulingReason } from './event-text.ts';
import { schedulingReasons, taintIn } from './event-text.ts';

/** A node that was asked for takes this long to come; longer than that it is not coming. */
const NODE_COMES_WITHIN_MS = 5 * 60_000;

export interface Unscheduled {
  readonly pod: PodView | undefined;
  readonly workload: WorkloadView;
  readonly events: readonly ClusterEvent[];
}

/** Every reason that the scheduler gave, the object that it is about, and the command for the first one. */
export async function schedulingBecause(
  messages: readonly string[],
  { pod, workload, events }: Unscheduled,
  ctx: Pick<ReadContext, 'cluster' | 'signal' | 'now'>,
): Promise<Because> {
  const message = messages.find((text) => schedulingReasons(text).length > 0);
  const reasons = message === undefined ? [] : schedulingReasons(message);
  const [first] = reasons;
  if (message === undefined || first === undefined) return { text: null, mend: null, read: {} };
  const asked = events.find(({ reason }) => reason === 'TriggeredScaleUp');
  const isComing = asked !== undefined && ctx.now() - (asked.firstAt ?? 0) < NODE_COMES_WITHIN_MS;
  const { namespace } = workload.subject;
  const nodes = (await ifAnswered(ctx.cluster.nodes(ctx.signal))) ?? [];
  const isVolume = ['claim-unbound', 'claim-missing', 'volume-zone'].includes(first.reason);
  const claims = isVolume ? ((await ifAnswered(ctx.cluster.volumeClaims(namespace, ctx.signal))) ?? []) : [];
  const pending = claims.filter(({ phase }) => phase !== 'Bound').map(({ name }) => name);
  const told = reasons
    .slice(0, 3)
    .map(({ text, nodes: count }) => (count === null ? text : `${text} (${count} nodes)`));
  const objects = [
    ...(pending.length > 0 ? [`claims that are not bound: ${pending.slice(0, 3).join(', ')}`] : []),
    ...(['cpu', 'memory'].includes(first.reason) ? requestText(workload, first.reason as 'cpu' | 'memory') : []),
  ];
  return {
    text: [told.join('; '), ...objects].join('; '),
    mend: mendOf(first.reason, message, { workload, pod, nodes, pending }),
    ...(isComing ? { passes: true } : {}),
    read: { nodes: nodes.slice(0, 20), claims: claims.slice(0, 20) },
  };
}

function requestText({ containers }: WorkloadView, what: 'cpu' | 'memory'): readonly string[] {
  const asks = containers.flatMap(({ name, resources }) => {
    const request = what === 'cpu' ? resources.cpuRequest : resources.memoryRequest;
    return request === null ? [] : [`${name} asks for ${request}`];
  });
  return asks.slice(0, 3);
}

interface Around {
  readonly workload: WorkloadView;
  readonly pod: PodView | undefined;
  readonly nodes: readonly NodeView[];
  readonly pending: readonly string[];
}

function mendOf(reason: SchedulingReason, message: string, { workload, nodes, pending }: Around): string | null {
  const { kind, namespace, name } = workload.subject;
  const object = `${kind.toLowerCase()}/${name}`;
  if (reason === 'cordoned') {
    const cordoned = nodes.filter(({ unschedulable }) => unschedulable).map((node) => node.name);
    return cordoned.length === 0 ? null : commandText('kubectl', 'uncordon', ...cordoned.slice(0, 3));
  }
  if (reason === 'taint') {
    const taint = taintIn(message);
    if (taint === null) return null;
    const { key, value } = taint;
    const toleration = value === '' ? { key, operator: 'Exists' } : { key, operator: 'Equal', value };
    // A strategic merge would put this list in place of the one that is there, so it is shown with it.
    const patch = JSON.stringify({ spec: { template: { spec: { tolerations: [toleration] } } } });
    return `${commandText('kubectl', '-n', namespace, 'patch', object, '-p', patch)}  # replaces its tolerations`;
  }
  if (pending.length > 0) return commandText('kubectl', '-n', namespace, 'describe', 'pvc', ...pending.slice(0, 3));
  if (reason === 'node-affinity') return commandText('kubectl', 'get', 'nodes', '--show-labels');
  return null;
}
