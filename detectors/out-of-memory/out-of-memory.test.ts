import { describe, expect, it } from 'vitest';
import { HaleError } from '../../src/domain/errors.ts';
import type { EndsGiven } from '../../test/contract/container-ends-world.ts';
import { containerEndsWorld } from '../../test/contract/container-ends-world.ts';
import { detectIn } from '../../test/contract/detector-contract.ts';
import { fakeRevision } from '../../test/fakes/cluster.ts';
import { outOfMemory } from './index.ts';

const MIB = 1_048_576;
const KILLED: EndsGiven = { restarts: [2, 6], lastReason: 'OOMKilled', limitBytes: 256 * MIB };

describe('out-of-memory', () => {
  it('counts kills and names the limit', async () => {
    const [finding] = await detectIn(containerEndsWorld(KILLED), outOfMemory);

    expect(finding).toMatchObject({
      reason: 'out-of-memory',
      subject: { name: 'orders' },
      confidence: 0.95,
      figures: { kills: 6, podsAffected: 3, limitBytes: 256 * MIB },
    });
    expect(finding?.summary).toMatch(/: 6 OOM kills in 15 minutes at a limit of 256 MiB; container app of orders-/);
  });

  it('names the limit that was lowered, and the command that raises it', async () => {
    const world = containerEndsWorld(KILLED);
    const limited = (memory: string) => ({ resources: { limits: { memory } } });
    world.cluster.setDetails({
      revisions: [fakeRevision(8, world.now - 900_000, limited('256Mi')), fakeRevision(7, 0, limited('1Gi'))],
    });

    const [finding] = await detectIn(world, outOfMemory);

    expect(finding?.change?.what).toBe('memory limit 1Gi -> 256Mi: revision 7 -> 8');
    expect(finding?.mend).toBe('kubectl -n shop set resources deployment/orders -c app --limits=memory=384Mi');
  });

  it.each<[string, EndsGiven]>([
    ['cAdvisor alone', { oomKills: [2, 6] }],
    ['OpenTelemetry restarts', { ...KILLED, names: { restarts: 'k8s_container_restart_count' } }],
    ['OpenTelemetry restarts, with dots', { ...KILLED, names: { restarts: 'k8s.container.restarts' } }],
    ['kube-state-metrics 1', { ...KILLED, names: { limit: 'kube_pod_container_resource_limits_memory_bytes' } }],
    ['the limit of cAdvisor', { ...KILLED, names: { limit: 'container_spec_memory_limit_bytes' } }],
    [
      'honor_labels off',
      {
        ...KILLED,
        place: (pod) => ({ exported_namespace: 'shop', exported_pod: pod, namespace: 'monitoring', pod: 'ksm' }),
      },
    ],
  ])('reads %s', async (_, given) => {
    expect(await detectIn(containerEndsWorld(given), outOfMemory)).toMatchObject([{ figures: { kills: 6 } }]);
  });

  it('is less sure of a single kill', async () => {
    const one = containerEndsWorld({ ...KILLED, restarts: [2], pods: 1 });

    expect(await detectIn(one, outOfMemory)).toMatchObject([{ confidence: 0.8, figures: { kills: 1 } }]);
  });

  it.each<[string, EndsGiven]>([
    ['a kill of long ago, whose reason stays', { ...KILLED, restarts: [40] }],
    ['restarts for another reason', { ...KILLED, lastReason: 'Error' }],
    ['kills of an hour ago', { oomKills: [50, 60] }],
    ['a counter that is merely there', { oomKills: [] }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detectIn(containerEndsWorld(given), outOfMemory)).toEqual([]);
  });
});

describe('out-of-memory, by Kubernetes alone', () => {
  const troubled = (restarts: number, endedAgoMs: number) => {
    const world = containerEndsWorld({});
    const end = { reason: 'OOMKilled', exitCode: 1, at: world.now - endedAgoMs };
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

    expect(await detectIn(world, outOfMemory)).toHaveLength(1);
  });

  it('is not found by an end of long ago', async () => {
    expect(await detectIn(troubled(5, 7_200_000), outOfMemory)).toEqual([]);
  });
});
