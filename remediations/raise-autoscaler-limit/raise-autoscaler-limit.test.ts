import { describe, expect, it } from 'vitest';
import type { AutoscalerDetails } from '../../src/ports/cluster-details.ts';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { raiseAutoscalerLimit } from './index.ts';

const NOW = 1_800_000_000_000;
const orders = fakeWorkload();
const cause = {
  reason: 'autoscaler-at-limit' as const,
  subject: orders.subject,
  confidence: 0.9,
  explains: ['finding-1'],
  summary: '',
  figures: {},
};

function autoscaler(given: Partial<AutoscalerDetails> = {}): AutoscalerDetails {
  const name = 'orders';
  return {
    subject: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', namespace: 'shop', name, uid: 'uid-hpa' },
    target: { kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 4,
    currentReplicas: 4,
    desiredReplicas: 4,
    conditions: [],
    metrics: [],
    ...given,
  };
}

function world(autoscalers: readonly AutoscalerDetails[], metadata: object = {}) {
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(orders);
  cluster.setDetails({ autoscalers, object: { metadata: { name: 'orders', uid: 'uid-hpa', ...metadata } } });
  return fakeReadContext({ metrics: fakeMetrics(fakeSeries().store), cluster, now: () => NOW });
}

describe('raise-autoscaler-limit', () => {
  it.each([
    ['by the step', 4, { ceiling: 20 }, 6],
    ['by one at least', 1, { ceiling: 20, stepPercent: 10 }, 2],
    ['up to the ceiling', 4, { ceiling: 5 }, 5],
  ])('raises %s', async (_, maxReplicas, settings, to) => {
    const ctx = world([autoscaler({ maxReplicas, desiredReplicas: maxReplicas })]);

    expect(await raiseAutoscalerLimit.propose(cause, settings, ctx)).toEqual({
      params: { autoscaler: 'orders', from: maxReplicas, to },
    });
  });

  it('counts the capacity with the new maximum', async () => {
    const preview = await raiseAutoscalerLimit.preview(
      cause,
      { autoscaler: 'orders', from: 4, to: 6 },
      world([autoscaler()]),
    );

    expect(preview).toMatchObject({
      replicasAfter: 6,
      changes: [{ field: 'spec.maxReplicas', before: '4', after: '6' }],
    });
  });

  it.each<[string, readonly AutoscalerDetails[], object, RegExp]>([
    ['there is none', [], {}, /no autoscaler/],
    ['there are two', [autoscaler(), autoscaler()], {}, /two autoscalers/],
    ['it has room', [autoscaler({ desiredReplicas: 3 })], {}, /it has room/],
    ['it is at the ceiling', [autoscaler({ maxReplicas: 20, desiredReplicas: 20 })], {}, /the ceiling of the policy/],
    [
      'Argo CD keeps it',
      [autoscaler()],
      { annotations: { 'argocd.argoproj.io/tracking-id': 'shop' } },
      /kept by another/,
    ],
    ['KEDA made it', [autoscaler()], { labels: { 'scaledobject.keda.sh/name': 'orders' } }, /kept by another/],
    ['something owns it', [autoscaler()], { ownerReferences: [{ kind: 'App' }] }, /kept by another/],
  ])('declines: %s', async (_, autoscalers, metadata, why) => {
    const proposal = await raiseAutoscalerLimit.propose(cause, { ceiling: 20 }, world(autoscalers, metadata));

    expect(proposal).toEqual({ declined: expect.stringMatching(why) });
  });

  it('does not prepare when somebody else has raised it meanwhile', async () => {
    const ctx = world([autoscaler({ maxReplicas: 9 })]);

    await expect(
      raiseAutoscalerLimit.prepare(cause, { autoscaler: 'orders', from: 4, to: 6 }, ctx),
    ).rejects.toMatchObject({ code: 'world-moved' });
  });
});
