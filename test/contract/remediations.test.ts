import { expect, it } from 'vitest';
import { evictPod } from '../../remediations/evict-pod/index.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { raiseAutoscalerLimit } from '../../remediations/raise-autoscaler-limit/index.ts';
import { raiseResources } from '../../remediations/raise-resources/index.ts';
import { restartWorkload } from '../../remediations/restart-workload/index.ts';
import { rollbackRelease } from '../../remediations/rollback-release/index.ts';
import { scaleWorkload } from '../../remediations/scale-workload/index.ts';
import type { Cause } from '../../src/domain/finding.ts';
import type { AutoscalerDetails, NodeView, RevisionView } from '../../src/ports/cluster-details.ts';
import { type FakeCluster, fakeCluster, fakePods, fakeWorkload } from '../fakes/cluster.ts';
import { type RemediationCase, remediationContract } from './remediation-contract.ts';

const orders = fakeWorkload();
const NOW = 1_800_000_000_000;

function causeOf(reason: Cause['reason'], figures: Record<string, number> = {}): Cause {
  return { reason, subject: orders.subject, confidence: 0.9, explains: ['finding-1'], summary: reason, figures };
}

/** All replicas are as the last write wants them. */
function carryOut(cluster: FakeCluster): void {
  const view = cluster.reader.workload(orders.subject);
  const ready = view?.replicas ?? 0;
  const observedGeneration = view?.generation ?? 0;
  const counts = { readyReplicas: ready, updatedReplicas: ready, availableReplicas: ready };
  cluster.change(orders.subject, { observedGeneration, ...counts });
}

const template = (image: string) => ({
  metadata: { labels: { app: 'orders' }, annotations: { team: 'shop' } },
  spec: {
    containers: [
      { name: 'app', image, resources: { limits: { memory: '256Mi' }, requests: { memory: '256Mi', cpu: '100m' } } },
    ],
  },
});
const DEPLOYMENT = {
  metadata: { name: 'orders', annotations: { 'deployment.kubernetes.io/revision': '31' } },
  spec: { replicas: 3, template: template('orders:31') },
};

function revision(number: number, ageMinutes: number): RevisionView {
  return {
    name: `orders-${number}`,
    uid: `uid-${number}`,
    revision: number,
    createdAt: NOW - ageMinutes * 60_000,
    replicas: 0,
    readyReplicas: 0,
    images: [`orders:${number}`],
    changeCause: '',
    template: template(`orders:${number}`),
  };
}

/** A Deployment whose pod template is what the plan touches. */
function templateCase(
  given: Pick<RemediationCase, 'remediation' | 'cause' | 'settings'>,
  hotfix: unknown,
): RemediationCase {
  const containers = [
    {
      name: 'app',
      image: 'orders:31',
      env: {},
      resources: { cpuRequest: '100m', cpuLimit: null, memoryRequest: '256Mi', memoryLimit: '256Mi' },
    },
  ];
  return {
    ...given,
    arrange(now) {
      const cluster = fakeCluster(now);
      cluster.addWorkload({ ...orders, containers });
      cluster.setDetails({ object: DEPLOYMENT, revisions: [revision(31, 5), revision(30, 600)] });
      return cluster;
    },
    moveWorld: (cluster) => cluster.setDetails({ object: { ...DEPLOYMENT, spec: { template: hotfix } } }),
    carryOut,
    touched: (cluster) => cluster.reader.object(orders.subject).then((object) => object?.spec),
  };
}

const AUTOSCALER: AutoscalerDetails = {
  subject: {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    namespace: 'shop',
    name: 'orders',
    uid: 'uid-hpa',
  },
  target: { kind: 'Deployment', name: 'orders' },
  minReplicas: 2,
  maxReplicas: 4,
  currentReplicas: 4,
  desiredReplicas: 4,
  conditions: [],
  metrics: ['Resource cpu'],
};
const autoscalerObject = (maxReplicas: number, uid = 'uid-hpa') => ({
  metadata: { name: 'orders', uid },
  spec: { maxReplicas },
});

const [evicted, ...staying] = fakePods(orders);
if (evicted === undefined) throw new Error('a workload without pods');
const { namespace, name, uid } = evicted;

function node(nodeName: string): NodeView {
  const conditions = [{ type: 'Ready', status: 'True', reason: '', message: '', since: 0 }];
  return { name: nodeName, unschedulable: false, conditions, taints: [], allocatable: {} };
}

const cases: readonly RemediationCase[] = [
  {
    remediation: scaleWorkload,
    cause: causeOf('connection-pool-waiting', { used: 12, pending: 9, maxPerReplica: 4 }),
    settings: { maxReplicas: 10 },
    arrange(now) {
      const cluster = fakeCluster(now);
      cluster.addWorkload({ ...orders, replicasManager: 'kubectl' });
      return cluster;
    },
    moveWorld: (cluster) => cluster.change(orders.subject, { replicas: 7, replicasManager: 'kubectl' }),
    carryOut,
    touched: async (cluster) => cluster.reader.workload(orders.subject)?.replicas,
  },
  templateCase(
    { remediation: rollbackRelease, cause: causeOf('bad-release'), settings: {} },
    template('orders:hotfix'),
  ),
  templateCase(
    { remediation: restartWorkload, cause: causeOf('connection-leak'), settings: {} },
    {
      ...template('orders:31'),
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-01-05T12:00:00Z' } },
    },
  ),
  templateCase(
    { remediation: raiseResources, cause: causeOf('out-of-memory'), settings: {} },
    {
      spec: { containers: [{ name: 'app', image: 'orders:31', resources: { limits: { memory: '1Gi' } } }] },
    },
  ),
  {
    remediation: raiseAutoscalerLimit,
    cause: causeOf('autoscaler-at-limit'),
    settings: { ceiling: 10 },
    atOnce: true,
    arrange(now) {
      const cluster = fakeCluster(now);
      cluster.addWorkload(orders);
      cluster.setDetails({ object: autoscalerObject(4), autoscalers: [AUTOSCALER] });
      return cluster;
    },
    moveWorld: (cluster) => cluster.setDetails({ object: autoscalerObject(9) }),
    replaceObject: (cluster) => cluster.setDetails({ object: autoscalerObject(4, 'another') }),
    removeObject: (cluster) => cluster.setDetails({ object: null }),
    carryOut: () => undefined,
    touched: (cluster) => cluster.reader.object(AUTOSCALER.subject).then((object) => object?.spec),
  },
  {
    remediation: evictPod,
    cause: { ...causeOf('node-trouble'), object: { kind: 'Pod', namespace, name, uid } },
    settings: {},
    // The workload is marked before its pod is evicted.
    writesPerAction: 2,
    isFinal: true,
    arrange(now) {
      const cluster = fakeCluster(now);
      cluster.addWorkload(orders);
      cluster.setDetails({ object: DEPLOYMENT, nodes: [node('node-1'), node('node-2')] });
      return cluster;
    },
    moveWorld: (cluster) =>
      cluster.setPods(
        orders.subject,
        cluster.reader.podsOf(orders.subject).filter((pod) => pod.uid !== uid),
      ),
    carryOut: (cluster) =>
      cluster.setPods(orders.subject, [...staying, { ...evicted, name: `${name}-2`, uid: 'uid-2' }]),
    touched: async (cluster) => cluster.reader.podsOf(orders.subject),
  },
];

it('covers every remediation', () => {
  expect(cases.map((one) => one.remediation.id).sort()).toEqual([...REMEDIATIONS.keys()].sort());
});

for (const one of cases) remediationContract(one);
