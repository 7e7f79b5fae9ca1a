import { describe, expect, it } from 'vitest';
import { fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { traceLatency } from './index.ts';
import { TraceLatencyOutput } from './schema.ts';

const NOW = 1_800_000_000_000;
const SICK_MS = 8 * 60_000;
const SHAPE = { from: NOW - 45 * 60_000, to: NOW };

interface Service {
  /** Seconds of one served request, before and now. */
  readonly served?: readonly [number, number];
  /** Callee, calls per request, and seconds of a call as the caller sees it, before and now. */
  readonly calls?: readonly (readonly [to: string, perRequest: number, before: number, now: number])[];
}

const PER_S = 10;

function shop(services: Readonly<Record<string, Service>>) {
  const cluster = fakeCluster(() => NOW);
  const series = fakeSeries();
  for (const [name, { served, calls = [] }] of Object.entries(services)) {
    const view = fakeWorkload({ subject: { name }, replicas: 1 });
    cluster.addWorkload(view);
    cluster.addService({ namespace: 'shop', name, clusterIp: null, selector: { app: name } });
    const pod = fakePods(view)[0]?.name ?? '';
    const labels = { namespace: 'shop', pod };
    const when =
      ([before, now]: readonly [number, number]) =>
      (at: number) =>
        at > NOW - SICK_MS ? now : before;
    if (served)
      series.histogram(
        { name: 'http_server_request_duration_seconds', labels, seconds: when(served), perS: PER_S },
        SHAPE,
      );
    for (const [to, perRequest, before, now] of calls) {
      const call = { ...labels, server_address: to };
      series.histogram(
        {
          name: 'http_client_request_duration_seconds',
          labels: call,
          seconds: when([before, now]),
          perS: PER_S * perRequest,
        },
        SHAPE,
      );
    }
  }
  const ctx = fakeReadContext({ metrics: fakeMetrics(series.store), cluster, now: () => NOW });
  return async (workload: string, more = {}) =>
    TraceLatencyOutput.parse(await traceLatency.run({ workload, sinceMinutes: 10, ...more }, ctx));
}

describe('trace-latency', () => {
  it('follows the wait to the workload that spends the time, over calls that are made twice', async () => {
    const trace = shop({
      web: {
        served: [0.12, 2.1],
        calls: [
          ['orders', 2, 0.05, 1.0],
          ['media', 1, 0.01, 0.01],
        ],
      },
      orders: { served: [0.05, 1.0], calls: [['catalog', 1, 0.02, 0.97]] },
      catalog: { served: [0.02, 0.97] },
      media: { served: [0.01, 0.01] },
    });

    const answer = await trace('shop/web');

    expect(answer).toMatchObject({ where: 'inside', at: 'Deployment shop/catalog' });
    expect(answer.hops.map(({ workload }) => workload)).toEqual([
      'Deployment shop/web',
      'Deployment shop/orders',
      'Deployment shop/catalog',
    ]);
    expect(answer.hops[0]?.waits[0]).toMatchObject({
      to: 'Deployment shop/orders',
      callsPerRequest: expect.closeTo(2, 1),
      now: expect.closeTo(2, 1),
    });
    expect(answer.hops[0]?.insideNow).toBeCloseTo(0.09, 2);
    expect(answer.evidence.length).toBeGreaterThan(4);
    expect(traceLatency.render(answer)[0]).toContain('the time is spent inside Deployment shop/catalog');
  });

  it.each<[string, Record<string, Service>, string, string]>([
    [
      'inside the first one',
      { web: { served: [0.1, 1], calls: [['orders', 1, 0.05, 0.05]] }, orders: { served: [0.05, 0.05] } },
      'inside',
      'Deployment shop/web',
    ],
    [
      'between two',
      { web: { served: [0.1, 1], calls: [['orders', 1, 0.05, 0.95]] }, orders: { served: [0.05, 0.06] } },
      'between',
      'Deployment shop/web -> Deployment shop/orders',
    ],
    [
      'outside of the cluster',
      { web: { served: [0.1, 1], calls: [['pay.example.com', 1, 0.05, 0.95]] } },
      'outside',
      'pay.example.com',
    ],
    [
      'in one that tells nothing',
      { web: { served: [0.1, 1], calls: [['orders', 1, 0.05, 0.95]] }, orders: {} },
      'outside',
      'Deployment shop/orders',
    ],
    [
      'nowhere',
      { web: { served: [0.1, 0.11], calls: [['orders', 1, 0.05, 0.05]] }, orders: { served: [0.05, 0.05] } },
      'not-slower',
      'Deployment shop/web',
    ],
    ['unknown', { web: {} }, 'unknown', 'Deployment shop/web'],
  ])('ends %s', async (_, services, where, at) => {
    expect(await shop(services)('shop/web')).toMatchObject({ where, at });
  });

  it('ends in a circle of calls, and at the depth', async () => {
    const circle = {
      web: { served: [0.1, 1], calls: [['orders', 1, 0.05, 0.95]] },
      orders: { served: [0.05, 0.95], calls: [['web', 1, 0.04, 0.94]] },
    } as const;

    expect(await shop(circle)('shop/web')).toMatchObject({ where: 'outside', at: 'Deployment shop/web' });
    expect((await shop(circle)('Deployment shop/web', { depth: 1 })).hops).toHaveLength(2);
  });

  it('says so when waits take longer than the request, and names what is near a wrong workload', async () => {
    const trace = shop({ web: { served: [0.1, 1], calls: [['a.example.com', 3, 0.03, 0.9]] } });

    expect((await trace('shop/web')).notices).toEqual([expect.stringContaining('side by side')]);
    await expect(trace('shop/wep')).rejects.toThrow('there is no workload shop/wep; it has shop/web');
    await expect(trace('"} or up{x="/y')).rejects.toThrow('like shop/web');
  });
});
