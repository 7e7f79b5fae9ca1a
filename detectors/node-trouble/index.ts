import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { Condition, NodeView } from '../../src/ports/cluster-details.ts';
import { readUsers } from '../../src/workload-metrics/index.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import type { NodeCpu, Placed, UsedByPod } from './node-cpu.ts';
import { podsByNode, readNodeCpu } from './node-cpu.ts';
import { NodeTroubleConfig } from './schema.ts';

export const nodeTrouble = defineDetector<NodeTroubleConfig>({
  id: 'node-trouble',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: NodeTroubleConfig,
  async detect(incident, config, ctx) {
    const names = new Set(ctx.cluster.podsOf(incident.subject).flatMap(({ nodeName }) => nodeName ?? []));
    if (names.size === 0) return [];
    const all = (await ifAnswered(ctx.cluster.nodes(ctx.signal))) ?? [];
    const nodes = all.filter(({ name }) => names.has(name)).slice(0, config.maxNodes);
    const placed = podsByNode(ctx.cluster);
    const sick = nodes.flatMap((node) => {
      const condition = troubleOf(node, ctx.now(), config);
      return condition === null ? [] : [sickFinding(incident, node, condition, placed, ctx)];
    });
    return sick.length > 0 ? sick : greedyPods(incident, nodes, placed, config, ctx);
  },
});

const CONDITIONS: Readonly<
  Record<string, { readonly holds: (status: string) => boolean; readonly text: string; readonly confidence: number }>
> = {
  Ready: { holds: (status) => status !== 'True', text: 'is not ready', confidence: 0.9 },
  MemoryPressure: { holds: (status) => status === 'True', text: 'is short of memory', confidence: 0.75 },
  DiskPressure: { holds: (status) => status === 'True', text: 'is short of disk', confidence: 0.75 },
  PIDPressure: { holds: (status) => status === 'True', text: 'is short of process ids', confidence: 0.75 },
  NetworkUnavailable: { holds: (status) => status === 'True', text: 'has no network for its pods', confidence: 0.85 },
};

function troubleOf({ conditions }: NodeView, now: number, config: NodeTroubleConfig): Condition | null {
  const held = conditions.filter(
    ({ type, status, since }) =>
      CONDITIONS[type]?.holds(status) === true && since !== null && now - since >= config.troubledFor,
  );
  return (
    held.toSorted((a, b) => (CONDITIONS[b.type]?.confidence ?? 0) - (CONDITIONS[a.type]?.confidence ?? 0))[0] ?? null
  );
}

/** Told on the incident's own workload: a node is no workload, and whom it hurts is known. */
function sickFinding(
  { subject }: IncidentView,
  node: NodeView,
  condition: Condition,
  placed: ReadonlyMap<string, readonly Placed[]>,
  ctx: Pick<ReadContext, 'cluster' | 'keep' | 'newId'>,
): Finding {
  const own = ctx.cluster.podsOf(subject);
  const here = own.filter(({ nodeName }) => nodeName === node.name).length;
  const known = CONDITIONS[condition.type];
  const since = condition.since === null ? '' : ` since ${new Date(condition.since).toISOString().slice(11, 16)}Z`;
  return {
    id: ctx.newId(),
    detector: 'node-trouble',
    reason: 'node-trouble',
    subject,
    confidence: known?.confidence ?? 0,
    summary: `node ${node.name} ${known?.text ?? ''}${since}; ${here} of ${own.length} pods of ${subjectName(subject)} run there`,
    figures: { podsAffected: here, pods: own.length, podsOnNode: placed.get(node.name)?.length ?? 0 },
    evidence: [keepNode(node, {}, ctx)],
    mend: commandText('kubectl', 'describe', 'node', node.name),
  };
}

/** One workload without a limit takes most of a node that is full, and the incident's users suffer beside it. */
async function greedyPods(
  incident: IncidentView,
  nodes: readonly NodeView[],
  placed: ReadonlyMap<string, readonly Placed[]>,
  config: NodeTroubleConfig,
  ctx: ReadContext,
): Promise<readonly Finding[]> {
  const cpu = await readNodeCpu(nodes, placed, ctx);
  const greedy = (cpu?.nodes ?? []).flatMap((node) => {
    const pod = greediest(node, incident, config);
    return pod === null ? [] : [{ node, pod }];
  });
  const [worst] = greedy.toSorted((a, b) => b.pod.cores / b.node.cores - a.pod.cores / a.node.cores);
  if (cpu === null || worst === undefined) return [];
  const users = await readUsers(incident, ctx);
  if (users.state === 'well') return [];
  const evidence = [cpu.query, ...users.queries].flatMap((query) => ctx.metrics.evidenceOf(query) ?? []);
  const { node, pod } = worst;
  const { subject, containers } = pod.workload;
  const container = containers.find(({ resources }) => resources.cpuLimit === null)?.name ?? '';
  const object = `${subject.kind.toLowerCase()}/${subject.name}`;
  const limit = `--limits=cpu=${Math.max(100, Math.floor((node.cores / 4) * 1000))}m`;
  const body = {
    cores: node.cores,
    pods: node.pods.slice(0, 20).map((one) => ({ pod: one.pod.name, cores: one.cores })),
  };
  return [
    {
      id: ctx.newId(),
      detector: 'node-trouble',
      reason: 'node-trouble',
      subject,
      confidence: users.state === 'hurt' ? 0.85 : 0.5,
      summary: `node ${node.node.name}: CPU at ${Math.round(node.share * 100)} %; pod ${pod.pod.namespace}/${pod.pod.name} uses ${shown(pod.cores)} of ${shown(node.cores)} cores without a limit; ${subjectName(incident.subject)} beside it: ${users.because}`,
      figures: {
        nodeCpuShare: node.share,
        podCores: pod.cores,
        nodeCores: node.cores,
        podsOnNode: node.pods.length,
        ...users.figures,
      },
      evidence: [...evidence, keepNode(node.node, body, ctx)],
      object: { kind: 'Pod', namespace: pod.pod.namespace, name: pod.pod.name, uid: pod.pod.uid },
      mend: commandText('kubectl', '-n', subject.namespace, 'set', 'resources', object, '-c', container, limit),
    },
  ];
}

/** The incident's own pods are not to blame beside themselves: that is for cpu-saturation and traffic-surge. */
function greediest(node: NodeCpu, { subject }: IncidentView, config: NodeTroubleConfig): UsedByPod | null {
  if (node.share < config.fullShare) return null;
  const free = node.pods.filter(
    ({ workload }) =>
      workload.subject.uid !== subject.uid && workload.containers.some(({ resources }) => resources.cpuLimit === null),
  );
  const byWorkload = [...Map.groupBy(free, ({ workload }) => workload.subject.uid).values()].map((pods) => ({
    cores: pods.reduce((sum, one) => sum + one.cores, 0),
    pods,
  }));
  const [most] = byWorkload.toSorted((a, b) => b.cores - a.cores);
  const own = node.pods.filter(({ workload }) => workload.subject.uid === subject.uid);
  const ownCores = own.reduce((sum, one) => sum + one.cores, 0);
  if (most === undefined || most.cores < node.cores * config.greedyShare || most.cores < ownCores) return null;
  return most.pods.toSorted((a, b) => b.cores - a.cores)[0] ?? null;
}

function keepNode(node: NodeView, more: object, ctx: Pick<ReadContext, 'keep'>): string {
  return ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `node ${node.name}`,
    query: `Node ${node.name}`,
    body: { ...node, ...more },
  });
}

function shown(value: number): string {
  return String(Number(value.toPrecision(2)));
}
