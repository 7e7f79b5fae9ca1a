import { describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import type { EndsGiven } from '../../test/contract/container-ends-world.ts';
import { containerEndsWorld } from '../../test/contract/container-ends-world.ts';
import { detectIn } from '../../test/contract/detector-contract.ts';
import { fakeRevision } from '../../test/fakes/cluster.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { crashLoop } from './index.ts';

const LOOPING: EndsGiven = {
  restarts: [1, 3, 5, 6],
  lastReason: 'Error',
  exitCode: 1,
  waitingReason: 'CrashLoopBackOff',
};

describe('crash-loop', () => {
  it('names container, exit code and the log to read', async () => {
    const [finding] = await detectIn(containerEndsWorld({ ...LOOPING, pods: 2 }), crashLoop);

    expect(finding).toMatchObject({
      reason: 'crash-looping',
      confidence: 0.9,
      figures: { restarts: 4, pods: 2, podsAffected: 2, exitCode: 1 },
    });
    expect(finding?.summary).toBe(
      'Deployment shop/orders: container app ends with exit code 1, 4 restarts in 15 minutes; 2 of 2 pods',
    );
    expect(finding?.mend).toMatch(/^kubectl -n shop logs orders-\S+ -c app --previous --tail=100$/);
  });

  it.each<[string, EndsGiven, number]>([
    ['between two back-offs', { restarts: [1, 3, 5], lastReason: 'Error' }, 0.85],
    ['held back after its first restart', { ...LOOPING, restarts: [1] }, 0.9],
    ['OpenTelemetry', { restarts: [1, 3, 5], names: { restarts: 'k8s_container_restarts' } }, 0.85],
    ['ends with success', { restarts: [1, 3, 5], lastReason: 'Completed', exitCode: 0 }, 0.85],
  ])('is found: %s', async (_, given, confidence) => {
    expect(await detectIn(containerEndsWorld(given), crashLoop)).toMatchObject([
      { reason: 'crash-looping', confidence },
    ]);
  });

  it.each<[string, EndsGiven]>([
    ['one restart', { ...LOOPING, restarts: [4], waitingReason: '' }],
    ['two restarts', { restarts: [4, 9], lastReason: 'Error' }],
    ['restarts of an hour ago, whose reason stays', { restarts: [50, 55, 60], lastReason: 'Error', exitCode: 1 }],
    ['for want of memory: that is its own reason', { ...LOOPING, lastReason: 'OOMKilled', exitCode: 137 }],
    ['its command never ran: it does not start', { ...LOOPING, lastReason: 'StartError', exitCode: 128 }],
    ['killed by the kernel: that is its own reason', { ...LOOPING, oomKills: [1, 3] }],
    ['cannot pull its image', { restarts: [], waitingReason: 'ImagePullBackOff' }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detectIn(containerEndsWorld(given), crashLoop)).toEqual([]);
  });
});

describe('crash-loop, by Kubernetes alone', () => {
  const troubled = (restarts: number, endedAgoMs: number) => {
    const world = containerEndsWorld({});
    const end = { reason: 'Error', exitCode: 1, at: world.now - endedAgoMs };
    const waiting = { reason: 'CrashLoopBackOff', message: '' };
    const trouble = {
      name: 'app',
      isInit: false,
      ready: false,
      restarts,
      waiting,
      terminated: null,
      lastTerminated: end,
    };
    const { subject } = world.incident;
    world.cluster.setPods(
      subject,
      world.cluster.reader.podsOf(subject).map((pod) => ({ ...pod, ready: false, createdAt: 0, troubles: [trouble] })),
    );
    return world;
  };

  it('is found while metrics cannot be read', async () => {
    const world = troubled(5, 60_000);
    world.metrics.fail(new HaleError('metrics-unavailable', 'Prometheus did not answer'));

    expect(await detectIn(world, crashLoop)).toHaveLength(1);
  });

  it('is not found by an end of long ago', async () => {
    expect(await detectIn(troubled(5, 7_200_000), crashLoop)).toEqual([]);
  });

  it('keeps the last lines of the container before, and names the change and the way back', async () => {
    const world = troubled(5, 60_000);
    const [pod] = world.cluster.reader.podsOf(world.incident.subject);
    const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n');
    const ago = world.now - 600_000;
    world.cluster.setDetails({
      logs: { [`${pod?.name}/app/previous`]: lines },
      revisions: [fakeRevision(5, ago, { image: 'orders:2' }), fakeRevision(4, 0, { image: 'orders:1' })],
    });
    const ctx = fakeReadContext({ metrics: world.metrics, cluster: world.cluster, now: () => world.now });

    const [finding] = await crashLoop.detect(world.incident, {}, ctx);

    const log = ctx.kept.find(({ kind }) => kind === 'pod-log');
    expect(log?.body).toHaveLength(12);
    expect(log?.body).toContain('line 39');
    expect(finding?.evidence).toContain(log?.id);
    expect(finding?.change?.what).toBe('image orders:1 -> orders:2: revision 4 -> 5');
    expect(finding?.mend).toMatch(
      /--previous --tail=100\nkubectl -n shop rollout undo deployment\/orders --to-revision=4$/,
    );
  });
});
