import { describe, expect, it } from 'vitest';
import { NO_RESOURCES } from '../../src/ports/cluster.ts';
import type { Condition, NodeView } from '../../src/ports/cluster-details.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { nodeTrouble } from './index.ts';

interface Given {
  readonly condition?: Partial<Condition>;
  readonly forMs?: number;
  /** Cores of a node of 8, by the pod of Deployment batch/import and by each of the three pods of shop/orders. */
  readonly importCores?: number;
  readonly ownCores?: number;
  readonly limit?: string;
  readonly users?: 'hurt' | 'well' | 'unmeasured';
  readonly elsewhere?: true;
  readonly naming?: 'cadvisor' | 'otel';
}

function world(given: Given) {
  const {
    forMs = 600_000,
    importCores = 0.1,
    ownCores = 0.3,
    limit = null,
    users = 'hurt',
    naming = 'cadvisor',
  } = given;
  const made = detectorWorld((series, pods, now) => {
    const shape = { from: now - 600_000, to: now };
    const used = (namespace: string, pod: string, cores: number) =>
      naming === 'otel'
        ? series.gauge(
            { __name__: 'k8s.pod.cpu.usage', k8s_namespace_name: namespace, k8s_pod_name: pod },
            cores,
            shape,
          )
        : series.counter(
            { __name__: 'container_cpu_usage_seconds_total', namespace, pod, container: 'app' },
            cores,
            shape,
          );
    for (const pod of pods) {
      used('shop', pod, ownCores);
      if (users === 'unmeasured') continue;
      const seconds = (at: number) => (users === 'hurt' && at > now - 150_000 ? 0.8 : 0.04);
      const requests = { name: 'http_request_duration_seconds', labels: { namespace: 'shop', pod }, seconds, perS: 5 };
      series.histogram(requests, { from: now - 3_600_000, to: now });
    }
    used('batch', 'import-7d9f8c6b5d-x2k4b', importCores);
  });
  const resources = { ...NO_RESOURCES, cpuLimit: limit };
  const other = fakeWorkload({
    subject: { name: 'import', namespace: 'batch' },
    replicas: 1,
    containers: [{ name: 'app', image: 'import:1', resources, env: {} }],
  });
  const place = { nodeName: given.elsewhere ? 'node-2' : 'node-1' };
  made.cluster.addWorkload(
    other,
    fakePods(other).map((pod) => ({ ...pod, ...place })),
  );
  const ready = { type: 'Ready', status: 'True', reason: '', message: '', since: 0 };
  const condition = { ...ready, since: made.now - forMs, ...given.condition };
  const node: NodeView = {
    name: 'node-1',
    unschedulable: false,
    conditions: [condition],
    taints: [],
    allocatable: { cpu: '8' },
  };
  made.cluster.setDetails({ nodes: [node] });
  return made;
}

const detect = (given: Given) => detectIn(world(given), nodeTrouble);

describe('node-trouble', () => {
  it.each<[string, Partial<Condition>, number, string]>([
    ['not ready', { status: 'Unknown' }, 0.9, 'node node-1 is not ready since'],
    ['memory', { type: 'MemoryPressure' }, 0.75, 'is short of memory'],
    ['disk', { type: 'DiskPressure' }, 0.75, 'is short of disk'],
    ['process ids', { type: 'PIDPressure' }, 0.75, 'is short of process ids'],
  ])('tells the condition of a node: %s', async (_, condition, confidence, text) => {
    expect(await detect({ condition })).toMatchObject([
      {
        reason: 'node-trouble',
        subject: { name: 'orders' },
        confidence,
        summary: expect.stringContaining(text),
        figures: { podsAffected: 3, pods: 3, podsOnNode: 4 },
        mend: 'kubectl describe node node-1',
      },
    ]);
  });

  it.each<[string, Given, number]>([
    ['cAdvisor', { importCores: 7 }, 0.85],
    ['OpenTelemetry', { importCores: 7, naming: 'otel' }, 0.85],
    ['users are not measured', { importCores: 7, users: 'unmeasured' }, 0.5],
  ])('names the pod that takes too much: %s', async (_, given, confidence) => {
    const [finding] = await detect(given);

    expect(finding).toMatchObject({
      subject: { name: 'import', namespace: 'batch' },
      confidence,
      object: { kind: 'Pod', namespace: 'batch', name: 'import-7d9f8c6b5d-x2k4b', uid: 'uid-import-0' },
      mend: 'kubectl -n batch set resources deployment/import -c app --limits=cpu=2000m',
    });
    expect(finding?.figures.podCores).toBeCloseTo(7, 1);
    expect(finding?.summary).toContain('uses 7 of 8 cores without a limit');
  });

  it.each<[string, Given]>([
    ['all is well', {}],
    ['a condition of a few seconds', { condition: { status: 'False' }, forMs: 5_000 }],
    ['pressure that is over', { condition: { type: 'DiskPressure', status: 'False' } }],
    ['a full node, and users are well', { importCores: 7, users: 'well' }],
    ['it takes what its limit allows', { importCores: 7, limit: '7' }],
    ['the node has room', { importCores: 4 }],
    ['the own workload fills it', { importCores: 0.5, ownCores: 2.5 }],
    ['it is on another node', { importCores: 7, elsewhere: true }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
