import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { memoryLeak } from './index.ts';

const MINUTE_MS = 60_000;
const MIB = 1_048_576;

interface Given {
  /** MiB by minutes ago. */
  used?: (ago: number) => number;
  limitMib?: number;
  naming?: { used: string; limit: string; usedLabels?: Record<string, string>; limitLabels?: Record<string, string> };
  /** Requests per second by minutes ago; null = not measured. */
  load?: ((ago: number) => number) | null;
  pods?: number;
  historyMinutes?: number;
}

const CADVISOR = {
  used: 'container_memory_working_set_bytes',
  limit: 'kube_pod_container_resource_limits',
  usedLabels: { container: 'app' },
  limitLabels: { container: 'app', resource: 'memory' },
};

function detect(given: Given = {}) {
  const { used = leaking, limitMib = 256, naming = CADVISOR, load = () => 10, historyMinutes = 200 } = given;
  const world = detectorWorld((series, pods, now) => {
    const shape = { from: now - historyMinutes * MINUTE_MS, to: now, everyMs: 30_000 };
    const ago = (at: number) => (now - at) / MINUTE_MS;
    for (const [index, pod] of pods.entries()) {
      const place = { namespace: 'shop', pod };
      const leaks = index < (given.pods ?? pods.length);
      const bytes = (at: number) => (leaks ? used(ago(at)) : 100) * MIB;
      series.gauge({ __name__: naming.used, ...place, ...naming.usedLabels }, bytes, shape);
      if (limitMib > 0)
        series.gauge({ __name__: naming.limit, ...place, ...naming.limitLabels }, limitMib * MIB, shape);
      if (load === null) continue;
      const labels = { __name__: 'http_request_duration_seconds_count', ...place };
      series.counter(labels, (at) => load(ago(at)), shape);
    }
  });
  return detectIn(world, memoryLeak);
}

/** 2 MiB a minute for the last 40 minutes, and 200 MiB now. */
const leaking = (ago: number) => 200 - 2 * Math.min(ago, 40);

describe('memory-leak', () => {
  it('names the rate, the limit and when it is reached', async () => {
    const [finding] = await detect();

    expect(finding).toMatchObject({
      reason: 'memory-leaking',
      confidence: 0.8,
      figures: {
        limitBytes: 256 * MIB,
        podsGrowing: 3,
        pods: 3,
        growthBytesPerS: expect.closeTo((2 * MIB) / 60, -3),
      },
      mend: 'kubectl -n shop rollout restart deployment/orders',
    });
    expect(finding?.summary).toMatch(
      /container app of orders-\S+ grows by 2 MiB\/min since .*limit in 2\d minutes; 3 of 3 pods; at the same load/,
    );
  });

  it.each<[string, Given['naming']]>([
    ['cAdvisor alone', { ...CADVISOR, limit: 'container_spec_memory_limit_bytes', limitLabels: { container: 'app' } }],
    [
      'kube-state-metrics 1',
      { ...CADVISOR, limit: 'kube_pod_container_resource_limits_memory_bytes', limitLabels: { container: 'app' } },
    ],
    [
      'OpenTelemetry',
      {
        used: 'k8s_pod_memory_working_set_bytes',
        limit: 'k8s_container_memory_limit_bytes',
        limitLabels: { k8s_container_name: 'app' },
      },
    ],
    ['OpenTelemetry, with dots', { used: 'k8s.pod.memory.working_set', limit: 'k8s.container.memory_limit' }],
    [
      'the process',
      {
        used: 'process_resident_memory_bytes',
        limit: 'kube_pod_container_resource_limits',
        limitLabels: { container: 'app', resource: 'memory' },
      },
    ],
    [
      'the process, OpenTelemetry',
      {
        used: 'process_memory_usage_bytes',
        limit: 'container_spec_memory_limit_bytes',
        limitLabels: { container: 'app' },
      },
    ],
    [
      'the heap, Micrometer',
      {
        used: 'jvm_memory_used_bytes',
        usedLabels: { area: 'heap', id: 'Old' },
        limit: 'jvm_memory_max_bytes',
        limitLabels: { area: 'heap', id: 'Old' },
      },
    ],
    [
      'the heap, OpenTelemetry',
      {
        used: 'jvm_memory_used_bytes',
        usedLabels: { jvm_memory_type: 'heap' },
        limit: 'jvm_memory_limit_bytes',
        limitLabels: { jvm_memory_type: 'heap' },
      },
    ],
    ['the heap, V8', { used: 'v8js_memory_heap_used_bytes', limit: 'v8js_memory_heap_limit_bytes' }],
  ])('reads %s', async (_, naming) => {
    expect(await detect(naming ? { naming } : {})).toMatchObject([
      { reason: 'memory-leaking', figures: { limitBytes: 256 * MIB } },
    ]);
  });

  it.each<[string, Given, number]>([
    ['collections go up and down', { used: (ago) => leaking(ago) + (Math.round(ago * 2) % 3) * 8 }, 0.8],
    ['a leak of minutes', { used: (ago) => (ago > 4 ? 90 : 90 + 25 * (4 - ago)) }, 0.8],
    ['the load falls', { load: (ago) => 4 + ago / 10 }, 0.8],
    ['the load is not measured', { load: null }, 0.65],
    ['slow: hours to go', { used: (ago) => 200 - 0.3 * ago }, 0.7],
    ['after a restart', { used: (ago) => (ago > 60 ? 250 : 220 - 2 * ago) }, 0.8],
  ])('whatever else: %s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ confidence }]);
  });

  it.each<[string, Given]>([
    ['flat', { used: () => 200 }],
    ['collections minutes apart', { used: (ago) => 240 - (ago % 12) * 5 }],
    ['a young process that grows', { historyMinutes: 5, used: (ago) => 90 + 25 * (4 - ago) }],
    ['a cache that fills and rests', { used: (ago) => 200 - 60 * Math.exp((Math.min(ago, 60) - 60) / 10) }],
    ['a start', { historyMinutes: 12, used: (ago) => 150 - 50 * Math.exp((ago - 12) * 0.8) }],
    ['the load asks for it', { load: (ago) => 30 - Math.min(ago, 40) / 2 }],
    ['no limit is known', { limitMib: 0 }],
    ['the limit is days away', { used: (ago) => 200 - 0.01 * ago }],
    ['one of three pods', { pods: 1 }],
    ['it fell again', { used: (ago) => (ago < 10 ? 80 : 200 - ago) }],
    ['growth of a few bytes', { used: (ago) => 250 - 0.02 * ago }],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detect(given)).toEqual([]);
  });
});
