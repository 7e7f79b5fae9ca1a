import { describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import type { Cause } from '../../src/domain/finding.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { restartWorkload } from './index.ts';

const NOW = 1_800_000_000_000;

function world(workload: WorkloadView, refusedPerS?: number) {
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(workload);
  const series = fakeSeries();
  if (refusedPerS !== undefined) {
    const pod = fakePods(workload)[0]?.name ?? '';
    const labels = { __name__: 'db_client_errors_total', namespace: 'shop', pod, sqlstate: '53300' };
    series.counter(labels, refusedPerS, { from: NOW - 300_000, to: NOW });
  }
  const metrics = fakeMetrics(series.store);
  return { metrics, ctx: fakeReadContext({ metrics, cluster, now: () => NOW }) };
}

function causeOn({ subject }: WorkloadView, figures: Record<string, number> = {}): Cause {
  return { reason: 'connection-leak', subject, confidence: 0.9, explains: ['finding-1'], summary: '', figures };
}

describe('restart-workload', () => {
  it.each(['Deployment', 'StatefulSet', 'DaemonSet'])('restarts a %s', async (kind) => {
    const workload = fakeWorkload({ subject: { kind }, ...(kind === 'DaemonSet' ? { replicas: null } : {}) });

    const proposal = await restartWorkload.propose(causeOn(workload), {}, world(workload).ctx);

    expect(proposal).toEqual({ params: { at: new Date(NOW).toISOString() } });
  });

  it.each<[string, WorkloadView, Record<string, number>, RegExp]>([
    ['all pods at once', fakeWorkload({ strategy: 'Recreate' }), {}, /Recreate/],
    ['only by deletion', fakeWorkload({ strategy: 'OnDelete', subject: { kind: 'StatefulSet' } }), {}, /OnDelete/],
    ['paused', fakeWorkload({ paused: true }), {}, /paused/],
    ['a single replica', fakeWorkload({ replicas: 1 }), {}, /single replica/],
    ['a pod of its own', fakeWorkload({ subject: { kind: 'Pod' } }), {}, /no controller/],
    ['a full server', fakeWorkload(), { serverUsed: 97, serverMax: 100, serverReserved: 3 }, /97 of 97/],
  ])('declines: %s', async (_, workload, figures, why) => {
    const proposal = await restartWorkload.propose(causeOn(workload, figures), {}, world(workload).ctx);

    expect(proposal).toEqual({ declined: expect.stringMatching(why) });
  });

  it('restarts a single replica where the policy bears the gap', async () => {
    const workload = fakeWorkload({ replicas: 1 });

    const proposal = await restartWorkload.propose(causeOn(workload), { singleReplica: true }, world(workload).ctx);

    expect(proposal).toHaveProperty('params');
  });

  it('never restarts while the server refuses connections, or where that cannot be read', async () => {
    const workload = fakeWorkload();
    const refusing = world(workload, 0.5);
    const blind = world(workload);
    blind.metrics.fail(new HaleError('metrics-unavailable', 'Prometheus is down'));

    const proposals = [
      await restartWorkload.propose(causeOn(workload), {}, refusing.ctx),
      await restartWorkload.propose(causeOn(workload), {}, blind.ctx),
    ];

    expect(proposals).toEqual([
      { declined: expect.stringMatching(/refuses its connections/) },
      { declined: expect.stringMatching(/cannot be read/) },
    ]);
  });
});
