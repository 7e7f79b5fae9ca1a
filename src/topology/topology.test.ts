import { describe, expect, it } from 'vitest';
import { fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { createTopology } from './topology.ts';

const NOW = 1_800_000_000_000;
const LATELY = { from: NOW - 60_000, to: NOW };
const web = fakeWorkload({ subject: { name: 'web' } });

type Labels = Record<string, string>;

/** web, orders, catalog and stock, each behind a Service of its name, in namespace shop. */
function shop(calls: readonly (readonly [caller: string, name: string, labels: Labels])[]) {
  const cluster = fakeCluster(() => NOW);
  const series = fakeSeries();
  for (const [index, name] of ['web', 'orders', 'catalog', 'stock'].entries()) {
    const view = fakeWorkload({ subject: { name } });
    cluster.addWorkload(view);
    cluster.addService({ namespace: 'shop', name, clusterIp: `10.0.0.${index + 1}`, selector: { app: name } });
  }
  for (const [caller, name, labels] of calls) {
    const pod = fakePods(fakeWorkload({ subject: { name: caller } }))[0]?.name ?? '';
    series.gauge({ __name__: name, namespace: 'shop', pod, ...labels }, 7, LATELY);
  }
  const metrics = fakeMetrics(series.store);
  const topology = (declared = {}) => createTopology({ cluster: cluster.reader, metrics, now: () => NOW, ...declared });
  return { cluster, series, metrics, topology };
}

const names = (views: readonly { subject: { name: string } }[]) => views.map((view) => view.subject.name);
const OTEL = 'http_client_request_duration_seconds_count';

describe('calleesOf', () => {
  it.each([
    ['OpenTelemetry', OTEL, { server_address: 'orders' }],
    [
      'OpenTelemetry without unit',
      'http_client_request_duration_count',
      { server_address: 'orders.shop.svc.cluster.local' },
    ],
    ['OpenTelemetry, untranslated name', 'http.client.request.duration_count', { server_address: 'orders' }],
    ['OpenTelemetry, old', 'http_client_duration_milliseconds_count', { net_peer_name: 'orders.shop' }],
    ['Micrometer', 'http_client_requests_seconds_count', { client_name: 'orders' }],
    ['RPC', 'rpc_client_call_duration_seconds_count', { server_address: 'orders:50051' }],
    ['by cluster address', OTEL, { server_address: '10.0.0.2' }],
  ])('finds the callee: %s', async (_, name, labels) => {
    const { topology } = shop([['web', name, labels]]);

    expect(names(await topology().calleesOf(web, 3))).toEqual(['orders']);
  });

  it('follows calls hop by hop, nearest first, with one query per hop', async () => {
    const { topology, metrics } = shop([
      ['web', OTEL, { server_address: 'orders' }],
      ['web', OTEL, { server_address: 'catalog' }],
      ['orders', OTEL, { server_address: 'stock' }],
      ['catalog', OTEL, { server_address: 'stock' }],
    ]);

    const callees = await topology().calleesOf(web, 3);

    expect(names(callees)).toEqual(['catalog', 'orders', 'stock']);
    expect(metrics.asked).toHaveLength(3);
  });

  it('ends at the depth asked for, and in a circle', async () => {
    const { topology } = shop([
      ['web', OTEL, { server_address: 'orders' }],
      ['orders', OTEL, { server_address: 'catalog' }],
      ['catalog', OTEL, { server_address: 'web' }],
    ]);

    expect(names(await topology().calleesOf(web, 1))).toEqual(['orders']);
    expect(names(await topology().calleesOf(web, 9))).toEqual(['orders', 'catalog']);
  });

  it('takes in what Istio and service graphs know', async () => {
    const { topology, series } = shop([]);
    series.gauge(
      {
        __name__: 'istio_requests_total',
        reporter: 'source',
        source_workload: 'web',
        source_workload_namespace: 'shop',
        destination_workload: 'orders',
        destination_workload_namespace: 'shop',
      },
      1,
      LATELY,
    );
    series.gauge(
      { __name__: 'traces_service_graph_request_total', client: 'web', server: 'catalog', connection_type: '' },
      1,
      LATELY,
    );
    series.gauge(
      { __name__: 'traces_service_graph_request_total', client: 'web', server: 'stock', connection_type: 'database' },
      1,
      LATELY,
    );

    expect(names(await topology().calleesOf(web, 1))).toEqual(['catalog', 'orders']);
  });

  it('takes in declared calls', async () => {
    const { topology } = shop([]);
    const calls = [{ from: { namespace: 'shop', name: 'web' }, to: { namespace: 'shop', name: 'orders' } }];

    expect(names(await topology({ calls }).calleesOf(web, 2))).toEqual(['orders']);
  });

  it('does not invent callees', async () => {
    const { topology, cluster, series } = shop([
      ['web', OTEL, { server_address: 'api.example.com' }],
      ['web', OTEL, { server_address: 'headless' }],
      ['web', 'http_server_request_duration_seconds_count', { server_address: 'orders' }],
    ]);
    cluster.addService({ namespace: 'shop', name: 'headless', clusterIp: null, selector: {} });
    series.gauge(
      { __name__: OTEL, namespace: 'other', pod: 'web-7d9f8c6b5d-x2k4b', server_address: 'orders' },
      1,
      LATELY,
    );

    expect(await topology().calleesOf(web, 3)).toEqual([]);
  });

  it('finds a callee that has no pods at this moment', async () => {
    const { topology, cluster } = shop([['web', OTEL, { server_address: 'empty' }]]);
    cluster.addWorkload(fakeWorkload({ subject: { name: 'empty' }, replicas: 0 }), []);
    cluster.addService({ namespace: 'shop', name: 'empty', clusterIp: null, selector: { app: 'empty' } });

    expect(names(await topology().calleesOf(web, 1))).toEqual(['empty']);
  });
});
