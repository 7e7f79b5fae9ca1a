import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/finding.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { NodeView } from '../../src/ports/cluster-details.ts';
import { type FakeDetails, fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeActContext, fakeReadContext } from '../../test/fakes/read-context.ts';
import { evictPod } from './index.ts';

const NOW = 1_800_000_000_000;
const orders = fakeWorkload();
const [greedy, ...others] = fakePods(orders);
if (greedy === undefined) throw new Error('a workload without pods');

function node(name: string, changes: Partial<NodeView> = {}): NodeView {
  const conditions = [{ type: 'Ready', status: 'True', reason: '', message: '', since: 0 }];
  return { name, unschedulable: false, conditions, taints: [], allocatable: {}, ...changes };
}

const object = (volumes: readonly object[] = []) => ({
  metadata: { name: 'orders' },
  spec: { template: { spec: { volumes } } },
});

interface Given {
  readonly workload?: WorkloadView;
  readonly pods?: readonly PodView[];
  readonly details?: FakeDetails;
}

function world({ workload = orders, pods = [greedy as PodView, ...others], details = {} }: Given = {}) {
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(workload, pods);
  cluster.setDetails({ object: object(), nodes: [node('node-1'), node('node-2')], ...details });
  const options = { metrics: fakeMetrics(fakeSeries().store), cluster, now: () => NOW };
  return {
    cluster,
    ctx: fakeReadContext(options),
    act: fakeActContext({ ...options, intentId: 'i-1', deadline: NOW }),
  };
}

function causeOn({ subject }: WorkloadView, pod: PodView | null = greedy as PodView): Cause {
  const cause = {
    reason: 'node-trouble' as const,
    subject,
    confidence: 0.85,
    explains: ['f'],
    summary: '',
    figures: {},
  };
  if (pod === null) return cause;
  const { namespace, name, uid } = pod;
  return { ...cause, object: { kind: 'Pod', namespace, name, uid } };
}

const budget = (name: string, disruptionsAllowed: number) => ({ name, selector: orders.selector, disruptionsAllowed });

describe('evict-pod', () => {
  it('proposes the pod that the finding names, and says which one', async () => {
    const { ctx } = world({ details: { disruptionBudgets: [budget('orders', 1)] } });

    const proposal = await evictPod.propose(causeOn(orders), {}, ctx);
    const preview = 'params' in proposal ? await evictPod.preview(causeOn(orders), proposal.params, ctx) : null;

    expect(proposal).toMatchObject({ params: { pod: { uid: greedy.uid }, node: 'node-1' } });
    expect(preview).toMatchObject({
      summary: `evict pod shop/${greedy.name} from node node-1`,
      blastRadius: expect.stringMatching(/^one of 3 pods of Deployment shop\/orders/),
    });
    expect(preview).not.toHaveProperty('replicasAfter');
  });

  it.each<[string, Given, RegExp]>([
    ['it is gone', { pods: others }, /does not exist any more/],
    ['it is leaving', { pods: [{ ...greedy, terminating: true }, ...others] }, /is leaving already/],
    ['it has no node', { pods: [{ ...greedy, nodeName: null }, ...others] }, /is on no node/],
    ['it is alone', { pods: [greedy] }, /the only one of its workload that is ready/],
    ['no other is ready', { pods: [greedy, ...others.map((pod) => ({ ...pod, ready: false }))] }, /the only one/],
    ['it has local data', { details: { object: object([{ name: 'work', emptyDir: {} }]) } }, /emptyDir/],
    ['there is one node', { details: { nodes: [node('node-1')] } }, /no other node than node-1/],
    [
      'the other nodes take no pods',
      {
        details: {
          nodes: [
            node('node-1'),
            node('node-2', { unschedulable: true }),
            node('node-3', { taints: ['dedicated:NoSchedule'] }),
            node('node-4', { conditions: [] }),
          ],
        },
      },
      /no other node/,
    ],
    ['its budget is used up', { details: { disruptionBudgets: [budget('orders', 0)] } }, /orders allows no disruption/],
    [
      'two budgets cover it',
      { details: { disruptionBudgets: [budget('a', 1), budget('b', 1)] } },
      /a and b both cover/,
    ],
  ])('declines: %s', async (_, given, why) => {
    expect(await evictPod.propose(causeOn(orders), {}, world(given).ctx)).toEqual({
      declined: expect.stringMatching(why),
    });
  });

  it('declines where the node itself is in trouble, and for kinds that come back to it', async () => {
    const daemons = fakeWorkload({ replicas: null, subject: { kind: 'DaemonSet' } });

    const proposals = [
      await evictPod.propose(causeOn(orders, null), {}, world().ctx),
      await evictPod.propose(causeOn(daemons), {}, world({ workload: daemons }).ctx),
    ];

    expect(proposals).toEqual([
      { declined: expect.stringMatching(/no single pod is to blame/) },
      { declined: expect.stringMatching(/come back to the same node/) },
    ]);
  });

  it.each<[string, Given, object]>([
    ['the only pod', { pods: [greedy] }, { singleReplica: true }],
    ['local data', { details: { object: object([{ name: 'work', emptyDir: {} }]) } }, { localData: true }],
    [
      'a budget of somebody else',
      { details: { disruptionBudgets: [{ ...budget('x', 0), selector: { app: 'x' } }] } },
      {},
    ],
  ])('evicts where the policy bears it: %s', async (_, given, settings) => {
    expect(await evictPod.propose(causeOn(orders), settings, world(given).ctx)).toHaveProperty('params');
  });

  it('leaves another life of the same name alone', async () => {
    const { cluster, act, ctx } = world();
    const proposal = await evictPod.propose(causeOn(orders), {}, ctx);
    if (!('params' in proposal)) throw new Error(proposal.declined);
    const checkpoint = await evictPod.prepare(causeOn(orders), proposal.params, ctx);
    cluster.setPods(orders.subject, [{ ...greedy, uid: 'uid-another-life' }, ...others]);

    const applied = evictPod.apply(proposal.params, checkpoint, act);

    await expect(applied).rejects.toMatchObject({ code: 'world-moved' });
    expect(cluster.objectWrites).toEqual([]);
  });
});
