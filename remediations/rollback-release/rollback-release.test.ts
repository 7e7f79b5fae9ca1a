import { describe, expect, it } from 'vitest';
import type { Cause } from '../../src/domain/finding.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { fakeCluster, fakeRevision, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeActContext, fakeReadContext } from '../../test/fakes/read-context.ts';
import { rollbackRelease } from './index.ts';
import { releasesOf } from './releases.ts';

const NOW = 1_800_000_000_000;
const MINUTE_MS = 60_000;
const RELEASED = NOW - 5 * MINUTE_MS;

interface Given {
  readonly workload?: Partial<Omit<WorkloadView, 'subject'>>;
  readonly kind?: string;
  readonly current?: object;
  readonly previous?: object | null;
  /** Ready pods of the revision before, as metrics told them until the release. */
  readonly wasReady?: number;
  readonly conditions?: readonly object[];
  readonly template?: object;
}

function world(given: Given = {}) {
  const workload = fakeWorkload({ ...given.workload, ...(given.kind ? { subject: { kind: given.kind } } : {}) });
  const current = { ...fakeRevision(31, RELEASED, { image: 'orders:31' }), ...given.current };
  const previous = {
    ...fakeRevision(30, RELEASED - 600 * MINUTE_MS, { image: 'orders:30' }),
    replicas: 0,
    ...given.previous,
  };
  const cluster = fakeCluster(() => NOW);
  cluster.addWorkload(workload);
  cluster.setDetails({
    revisions: given.previous === null ? [current] : [current, previous],
    object: {
      metadata: { name: 'orders', annotations: {} },
      spec: { template: given.template ?? current.template },
      status: { conditions: given.conditions ?? [] },
    },
  });
  const series = fakeSeries();
  if (given.wasReady !== undefined) {
    const labels = { __name__: 'kube_replicaset_status_ready_replicas', namespace: 'shop', replicaset: 'orders-30' };
    series.gauge(labels, given.wasReady, { from: RELEASED - 60 * MINUTE_MS, to: RELEASED });
  }
  const options = { metrics: fakeMetrics(series.store), cluster, now: () => NOW };
  return { workload, cluster, ctx: fakeReadContext(options), options };
}

function causeOn({ subject }: WorkloadView, reason: Cause['reason'] = 'bad-release'): Cause {
  return { reason, subject, confidence: 0.9, explains: ['finding-1'], summary: '', figures: {} };
}

async function proposalIn(given: Given, reason: Cause['reason'] = 'bad-release', settings: object = {}) {
  const { workload, ctx } = world(given);
  return rollbackRelease.propose(causeOn(workload, reason), settings, ctx);
}

const migration = (number: string, image = 'orders:31') => ({
  template: {
    metadata: { annotations: { 'hale.dev/migration': number } },
    spec: { containers: [{ name: 'app', image }] },
  },
});

describe('rollback-release', () => {
  it('proposes the revision before, and says what it does not undo', async () => {
    const { workload, ctx } = world({ current: { changeCause: 'faster prices' } });

    const proposal = await rollbackRelease.propose(causeOn(workload), {}, ctx);
    const preview = await rollbackRelease.preview(causeOn(workload), { fromRevision: 31, toRevision: 30 }, ctx);

    expect(proposal).toEqual({ params: { fromRevision: 31, toRevision: 30 } });
    expect(preview.changes).toEqual([
      { field: 'spec.template', before: 'revision 31: orders:31 (faster prices)', after: 'revision 30: orders:30' },
    ]);
    expect(preview.blastRadius).toMatch(/ConfigMaps, Secrets and the database stay as they are/);
  });

  it.each<[string, Given, RegExp]>([
    ['it is paused', { workload: { paused: true } }, /paused/],
    ['there is none before', { previous: null }, /no revision before/],
    ['it keeps no revisions', { kind: 'StatefulSet' }, /StatefulSet keeps no revisions/],
    ['the release is old', { current: { createdAt: NOW - 800 * MINUTE_MS } }, /800 minutes old/],
    ['the one before came just earlier', { previous: { createdAt: RELEASED - 3 * MINUTE_MS } }, /for 3 minutes only/],
    // A ReplicaSet that is gone back to gets the newest number, and keeps its age.
    ['the one before is the newer one', { previous: { createdAt: RELEASED + MINUTE_MS } }, /minutes only/],
    ['a migration came with it', { current: migration('0042'), previous: migration('0041') }, /migration 0042/],
    ['what is left of the one before is not ready', { previous: { replicas: 2 } }, /are not ready either/],
    ['the one before was never ready', { wasReady: 0 }, /had no ready pod/],
  ])('declines: %s', async (_, given, why) => {
    expect(await proposalIn(given)).toEqual({ declined: expect.stringMatching(why) });
  });

  it.each<[string, Given, object]>([
    ['the policy says that migrations are safe', { current: migration('0042') }, { migrationsSafe: true }],
    ['both need the same migration', { current: migration('0042'), previous: migration('0042', 'orders:30') }, {}],
    ['pods of the one before still serve', { previous: { replicas: 2, readyReplicas: 1 } }, {}],
  ])('proposes: %s', async (_, given, settings) => {
    expect(await proposalIn(given, 'bad-release', settings)).toHaveProperty('params');
  });

  it('goes back for a crash only to what is known to have been ready', async () => {
    const known = await proposalIn({ wasReady: 3 }, 'crash-looping');
    const serving = await proposalIn({ previous: { replicas: 3, readyReplicas: 3 } }, 'out-of-memory');
    const unknown = await proposalIn({}, 'crash-looping');

    expect(known).toHaveProperty('params');
    expect(serving).toHaveProperty('params');
    expect(unknown).toEqual({ declined: expect.stringMatching(/is not known/) });
  });

  it('leaves alone a template that somebody has written since, before it is a revision', async () => {
    const { workload, ctx } = world({ template: { spec: { containers: [{ name: 'app', image: 'orders:hotfix' }] } } });

    const prepared = rollbackRelease.prepare(causeOn(workload), { fromRevision: 31, toRevision: 30 }, ctx);

    await expect(prepared).rejects.toMatchObject({ code: 'world-moved' });
  });

  it('is not moved by fields that are written out empty', async () => {
    const template = {
      metadata: { creationTimestamp: null, labels: {} },
      spec: { containers: [{ name: 'app', image: 'orders:31', resources: {} }] },
    };
    const { workload, ctx } = world({ template });

    await expect(
      rollbackRelease.prepare(causeOn(workload), { fromRevision: 31, toRevision: 30 }, ctx),
    ).resolves.toMatchObject({ fields: [{ path: '/spec/template', from: template }] });
  });
});

describe('releasesOf', () => {
  const release = (number: number, createdAt: number, image: string, restartedAt?: string) => {
    const made = fakeRevision(number, createdAt, { image });
    if (restartedAt === undefined) return made;
    const annotations = { 'kubectl.kubernetes.io/restartedAt': restartedAt };
    return { ...made, template: { ...made.template, metadata: { annotations } } };
  };

  it('counts a restart as no release', () => {
    const revisions = [
      release(33, 4_000, 'orders:2', '2026-01-05T12:00:00Z'),
      release(32, 3_000, 'orders:2', '2026-01-05T11:00:00Z'),
      release(31, 2_000, 'orders:2'),
      release(30, 1_000, 'orders:1', '2026-01-04T09:00:00Z'),
    ];

    expect(releasesOf(revisions)).toMatchObject({
      current: { revision: 33 },
      previous: { revision: 30 },
      beganAt: 2_000,
    });
  });

  it.each([
    ['no revision', []],
    ['one', [release(1, 0, 'orders:1')]],
    ['restarts only', [release(2, 1, 'orders:1', '2026-01-05T12:00:00Z'), release(1, 0, 'orders:1')]],
  ])('finds none before in %s', (_, revisions) => {
    expect(releasesOf(revisions)).toBeNull();
  });
});

describe('the effect of a rollback', () => {
  const stuck = (lastUpdateTime: string) => ({
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    lastUpdateTime,
  });
  const params = { fromRevision: 31, toRevision: 30 };

  /** Rolled back while the release is stuck since twelve o'clock. */
  async function rolledBack() {
    const made = world({
      conditions: [stuck('2026-01-05T12:00:00Z')],
      workload: { progressDeadlineExceeded: true, updatedReplicas: 1 },
    });
    const { workload, ctx, options, cluster } = made;
    const checkpoint = await rollbackRelease.prepare(causeOn(workload), params, ctx);
    await rollbackRelease.apply(params, checkpoint, fakeActContext({ ...options, intentId: 'i', deadline: NOW }));
    const generation = cluster.reader.workload(workload.subject)?.generation ?? 0;
    cluster.change(workload.subject, { observedGeneration: generation });
    const effect = () => rollbackRelease.effect(params, checkpoint, 'apply', ctx);
    const setStatus = async (status: object) =>
      cluster.setDetails({ object: { ...(await cluster.reader.object(workload.subject)), status } });
    return { ...made, effect, setStatus };
  }

  it('is not the verdict on the release that it ends', async () => {
    const { effect } = await rolledBack();

    expect(await effect()).toBe('pending');
  });

  it('has failed when the revision before gets stuck itself', async () => {
    const { effect, setStatus } = await rolledBack();

    await setStatus({ conditions: [stuck('2026-01-05T12:20:00Z')] });

    expect(await effect()).toBe('failed');
  });

  it('is in force when no pod of the release is left', async () => {
    const { workload, cluster, effect, setStatus } = await rolledBack();
    cluster.change(workload.subject, { progressDeadlineExceeded: false, updatedReplicas: 3, availableReplicas: 3 });

    await setStatus({ replicas: 4 });
    const ending = await effect();
    await setStatus({ replicas: 3 });

    expect([ending, await effect()]).toEqual(['pending', 'in-force']);
  });
});
