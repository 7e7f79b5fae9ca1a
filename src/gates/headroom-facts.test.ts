import { describe, expect, it } from 'vitest';
import type { AutoscalerDetails } from '../ports/cluster-details.ts';
import { collectFacts } from './facts.ts';
import { exampleReturn } from './facts-for-tests.ts';
import { runGates } from './run-gates.ts';
import { exampleCluster, exampleInput, exampleWorkload, ORDERS } from './world-for-tests.ts';

const returned = exampleReturn({
  remediation: 'raise-autoscaler-limit',
  preview: {
    summary: 'undo: raise the maximum of orders from 4 to 6 replicas',
    changes: [{ field: 'spec.maxReplicas', before: '6', after: '4' }],
    blastRadius: '',
    touches: { 'metadata.uid': ORDERS.uid },
  },
});

function autoscaler(desiredReplicas: number, active = 'True'): AutoscalerDetails {
  const name = 'orders';
  return {
    subject: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'shop', name, uid: 'uid-hpa' },
    target: { kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 6,
    currentReplicas: desiredReplicas,
    desiredReplicas,
    conditions: [{ type: 'ScalingActive', status: active, reason: '', message: '', since: 0 }],
    metrics: [],
  };
}

function factsWith(autoscalers: readonly AutoscalerDetails[], annotations: Record<string, string> = {}) {
  const cluster = exampleCluster({
    freshWorkload: async () => exampleWorkload({ annotations: { 'hale.dev/enabled': 'true', ...annotations } }),
    freshAutoscaler: async () => ({ name: 'orders', by: 'HorizontalPodAutoscaler', minReplicas: 2, maxReplicas: 6 }),
    autoscalersOf: async () => autoscalers,
  });
  return collectFacts(returned, exampleInput({ cluster, lastSignalAt: null }));
}

describe('the return of a higher maximum', () => {
  it.each([
    ['the load wants three of four', 3, { kind: 'pass' }],
    ['the load wants all four', 4, { kind: 'hold', reason: 'no-headroom' }],
    ['the load wants more', 6, { kind: 'hold', reason: 'no-headroom' }],
  ])('%s', async (_, desired, outcome) => {
    const facts = await factsWith([autoscaler(desired)]);

    expect(facts.headroom).toMatchObject({ known: true, value: { saturationAfter: desired / 4 } });
    expect(runGates(returned, facts).outcome).toMatchObject(outcome);
  });

  it.each<[string, readonly AutoscalerDetails[]]>([
    ['there is no autoscaler any more', []],
    ['there are two', [autoscaler(2), autoscaler(2)]],
    ['it does not compute', [autoscaler(2, 'False')]],
  ])('is held where %s', async (_, autoscalers) => {
    const facts = await factsWith(autoscalers);

    expect(facts.headroom).toMatchObject({ known: false });
    expect(runGates(returned, facts).outcome).toMatchObject({ kind: 'hold', reason: 'data-missing' });
  });

  it('goes through the autoscaler as the raise did, whoever keeps the workload', async () => {
    const tracking = { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/orders' };

    const facts = await factsWith([autoscaler(2)], tracking);

    expect(facts.owner).toMatchObject({ known: true, value: { kind: 'HorizontalPodAutoscaler' } });
    expect(runGates(returned, facts).outcome).toMatchObject({ kind: 'pass' });
  });
});
