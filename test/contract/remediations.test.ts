import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { scaleWorkload } from '../../remediations/scale-workload/index.ts';
import { fakeCluster, fakeWorkload } from '../fakes/cluster.ts';
import { type RemediationCase, remediationContract } from './remediation-contract.ts';

const orders = fakeWorkload();

const cases: readonly RemediationCase[] = [
  {
    remediation: scaleWorkload,
    cause: {
      reason: 'connection-pool-waiting',
      subject: orders.subject,
      confidence: 0.9,
      explains: ['finding-1'],
      summary: 'orders waits',
      figures: { used: 12, pending: 9, maxPerReplica: 4 },
    },
    settings: { maxReplicas: 10 },
    arrange(now) {
      const cluster = fakeCluster(now);
      cluster.addWorkload({ ...orders, replicasManager: 'kubectl' });
      return cluster;
    },
    moveWorld: (cluster) => cluster.change(orders.subject, { replicas: 7, replicasManager: 'kubectl' }),
    carryOut(cluster) {
      const view = cluster.reader.workload(orders.subject);
      const ready = view?.replicas ?? 0;
      const observedGeneration = view?.generation ?? 0;
      cluster.change(orders.subject, { observedGeneration, readyReplicas: ready, updatedReplicas: ready });
    },
    touched: (cluster) => cluster.reader.workload(orders.subject)?.replicas,
  },
];

it('covers every remediation', () => {
  expect(cases.map((one) => one.remediation.id).sort()).toEqual([...REMEDIATIONS.keys()].sort());
});

for (const one of cases) remediationContract(one);
