import { describe, expect, it } from 'vitest';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { fakeCluster, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { scaleWorkload } from './index.ts';
import { replicasNeeded } from './replicas-needed.ts';
import { ScaleSettings } from './schema.ts';

const NOW = 1_800_000_000_000;

function world(workload: WorkloadView) {
  let now = NOW;
  const cluster = fakeCluster(() => now);
  cluster.addWorkload(workload);
  const ctx = fakeReadContext({ metrics: fakeMetrics(fakeSeries().store), cluster, now: () => now });
  const pass = (ms: number) => {
    now += ms;
  };
  return { cluster, ctx, pass };
}

function causeOn(workload: WorkloadView, figures: Record<string, number> = {}) {
  const { subject } = workload;
  return {
    reason: 'connection-pool-waiting' as const,
    subject,
    confidence: 0.9,
    explains: ['finding-1'],
    summary: '',
    figures,
  };
}

describe('replicasNeeded', () => {
  it.each([
    // 23 wanted at 70 % of 4: 8.2, so 9; the step of 50 % allows 5.
    ['is bounded by the step', 3, { used: 12, pending: 11, maxPerReplica: 4 }, {}, 5],
    ['is what is needed within the step', 10, { used: 30, pending: 2, maxPerReplica: 4 }, {}, 12],
    ['is bounded by the ceiling', 8, { used: 40, pending: 40, maxPerReplica: 4 }, { maxReplicas: 9 }, 9],
    ['takes one step at least, as somebody waits', 4, { used: 2, pending: 1, maxPerReplica: 4 }, {}, 5],
    ['takes minStep at least', 4, { used: 2, pending: 1, maxPerReplica: 4 }, { minStep: 2 }, 6],
    [
      'never passes the ceiling for minStep',
      9,
      { used: 2, pending: 1, maxPerReplica: 4 },
      { minStep: 3, maxReplicas: 10 },
      10,
    ],
    ['takes the whole step without figures', 4, {}, {}, 6],
    ['takes the whole step when the maximum makes no sense', 4, { used: 4, pending: 1, maxPerReplica: 0 }, {}, 6],
  ])('%s', (_, from, figures, settings, expected) => {
    const parsed = ScaleSettings.parse({ maxReplicas: 20, ...settings });

    expect(replicasNeeded(from, figures, parsed)).toBe(expected);
  });
});

describe('scale-workload', () => {
  it('proposes and says what it would change', async () => {
    const workload = fakeWorkload({ replicas: 3 });
    const { ctx } = world(workload);
    const cause = causeOn(workload, { used: 12, pending: 9, maxPerReplica: 4 });

    const proposal = await scaleWorkload.propose(cause, { maxReplicas: 10 }, ctx);
    const preview = await scaleWorkload.preview(cause, { from: 3, to: 5 }, ctx);

    expect(proposal).toEqual({ params: { from: 3, to: 5 } });
    expect(preview).toMatchObject({
      summary: 'scale Deployment shop/orders from 3 to 5 replicas',
      changes: [{ field: 'spec.replicas', before: '3', after: '5' }],
      touches: { 'metadata.uid': 'uid-orders', 'spec.replicas': 3 },
      replicasAfter: 5,
    });
  });

  it.each([
    ['the ceiling is reached', fakeWorkload({ replicas: 10 }), /10 replicas already, the ceiling of the policy is 10/],
    ['it is above the ceiling', fakeWorkload({ replicas: 12 }), /the ceiling of the policy is 10/],
    ['it is scaled to zero', fakeWorkload({ replicas: 0 }), /scaled to zero/],
    [
      'it has no replicas',
      fakeWorkload({ replicas: null, subject: { kind: 'DaemonSet' } }),
      /DaemonSet has no replicas/,
    ],
  ])('declines: %s', async (_, workload, why) => {
    const { ctx } = world(workload);

    const proposal = await scaleWorkload.propose(causeOn(workload), { maxReplicas: 10 }, ctx);

    expect(proposal).toEqual({ declined: expect.stringMatching(why) });
  });

  it('scales StatefulSets as well', async () => {
    const workload = fakeWorkload({ replicas: 1, subject: { kind: 'StatefulSet' } });
    const { ctx } = world(workload);

    expect(await scaleWorkload.propose(causeOn(workload), { maxReplicas: 10 }, ctx)).toEqual({
      params: { from: 1, to: 2 },
    });
  });

  it.each([
    [{}],
    [{ maxReplicas: 0 }],
    [{ maxReplicas: 1.5 }],
    [{ maxReplicas: 10, database: '' }],
    [{ maxReplicas: 10, step: 2 }],
  ])('refuses the settings %j', (settings) => {
    expect(ScaleSettings.safeParse(settings).success).toBe(false);
  });

  it('does not know what happened when somebody put the old count back', async () => {
    const workload = fakeWorkload({ replicas: 3, replicasManager: 'argocd-controller' });
    const { cluster, ctx, pass } = world(workload);
    const checkpoint = await scaleWorkload.prepare(causeOn(workload), { from: 3, to: 5 }, ctx);
    const writer = cluster.writer;
    await writer.scale({ subject: workload.subject, from: 3, to: 5 }, { intentId: 'intent-1', deadline: NOW + 1_000 });
    cluster.change(workload.subject, { replicas: 3, replicasManager: 'kubectl' });
    pass(2_000);
    const intent = {
      id: 'intent-1',
      idempotencyKey: 'key',
      incidentId: 'incident-1',
      planId: 'plan-1',
      planDigest: '',
      remediation: scaleWorkload.id,
      direction: 'apply' as const,
      subject: workload.subject,
      params: { from: 3, to: 5 },
      checkpoint,
      committedAt: NOW,
      deadline: NOW + 1_000,
      outcome: null,
    };

    expect(await scaleWorkload.settle(intent, ctx)).toBe('unknown');
  });

  it('has failed when the rollout is stuck', async () => {
    const workload = fakeWorkload({ replicas: 5, readyReplicas: 3, progressDeadlineExceeded: true });
    const { ctx } = world(workload);
    const checkpoint = { subject: workload.subject, from: 3, to: 5, managerBefore: null };

    expect(await scaleWorkload.effect({ from: 3, to: 5 }, checkpoint, 'apply', ctx)).toBe('failed');
  });
});
