import { describe, expect, it } from 'vitest';
import { fakeCluster, fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { HaleError } from '../domain/errors.ts';
import { NO_RESOURCES } from '../ports/cluster.ts';
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

const HOUR_MS = 3_600_000;

describe('graph', () => {
  it('tells direction, kind, source and age of each call, with two queries', async () => {
    const { topology, series, metrics, cluster } = shop([['web', OTEL, { server_address: 'orders' }]]);
    const pod = fakePods(fakeWorkload({ subject: { name: 'orders' } }))[0]?.name ?? '';
    const place = { namespace: 'shop', pod };
    const longAgo = { from: NOW - 2 * HOUR_MS, to: NOW - HOUR_MS };
    series.gauge({ __name__: OTEL, ...place, server_address: 'stock' }, 1, longAgo);
    series.gauge(
      {
        __name__: 'db_client_operation_duration_seconds_count',
        ...place,
        server_address: 'db.example.net',
        db_system_name: 'postgresql',
      },
      1,
      { from: NOW - 2 * HOUR_MS, to: NOW },
    );
    series.gauge(
      {
        __name__: 'messaging_client_operation_duration_seconds_count',
        ...place,
        messaging_system: 'kafka',
        messaging_destination_name: 'bills',
      },
      1,
      LATELY,
    );
    cluster.change(fakeWorkload({ subject: { name: 'stock' } }).subject, {
      containers: [
        {
          name: 'app',
          image: 'app:1',
          resources: NO_RESOURCES,
          env: { CATALOG_URL: 'http://catalog:80', MAIL: 'https://mail.example.com/x' },
        },
      ],
    });

    const graph = await topology().graph();

    expect(graph.edges).toEqual([
      {
        from: 'Deployment shop/orders',
        to: 'database db.example.net',
        kind: 'database',
        sources: ['database-metrics'],
        live: true,
        hourAgo: true,
      },
      {
        from: 'Deployment shop/orders',
        to: 'Deployment shop/stock',
        kind: 'request',
        sources: ['client-metrics'],
        live: false,
        hourAgo: true,
      },
      {
        from: 'Deployment shop/orders',
        to: 'queue bills',
        kind: 'queue',
        sources: ['queue-metrics'],
        live: true,
        hourAgo: false,
      },
      {
        from: 'Deployment shop/stock',
        to: 'Deployment shop/catalog',
        kind: 'request',
        sources: ['environment'],
        live: false,
        hourAgo: null,
      },
      {
        from: 'Deployment shop/stock',
        to: 'external mail.example.com',
        kind: 'request',
        sources: ['environment'],
        live: false,
        hourAgo: null,
      },
      {
        from: 'Deployment shop/web',
        to: 'Deployment shop/orders',
        kind: 'request',
        sources: ['client-metrics'],
        live: true,
        hourAgo: false,
      },
    ]);
    expect(graph.nodes.find(({ id }) => id === 'database db.example.net')).toMatchObject({
      kind: 'database',
      subject: null,
    });
    expect(metrics.asked).toHaveLength(2);
  });

  it('knows the calls of a pod that is gone by its name, and Linkerd', async () => {
    const { topology, series } = shop([]);
    series.gauge(
      { __name__: OTEL, namespace: 'shop', pod: 'web-5c4b3a2d1e-zzzzz', server_address: 'orders' },
      1,
      LATELY,
    );
    series.gauge(
      {
        __name__: 'response_total',
        direction: 'outbound',
        namespace: 'shop',
        deployment: 'orders',
        dst_namespace: 'shop',
        dst_deployment: 'stock',
      },
      1,
      LATELY,
    );

    const { edges } = await topology().graph(['shop']);

    expect(edges.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'Deployment shop/orders > Deployment shop/stock',
      'Deployment shop/web > Deployment shop/orders',
    ]);
    expect(edges.map(({ hourAgo }) => hourAgo)).toEqual([null, null]);
  });

  it('asks for the calls of one namespace only', async () => {
    const { topology, series } = shop([['web', OTEL, { server_address: 'orders' }]]);
    series.gauge(
      { __name__: OTEL, namespace: 'other', pod: 'web-7d9f8c6b5d-x2k4b', server_address: 'orders.shop' },
      1,
      LATELY,
    );

    expect((await topology().graph(['other'])).edges).toEqual([]);
    expect((await topology().graph(['shop'])).edges).toHaveLength(1);
  });

  it('says that metrics are missing and keeps what is configured', async () => {
    const { topology, metrics } = shop([]);
    metrics.fail(new HaleError('metrics-unavailable', 'no answer'));
    const calls = [{ from: { namespace: 'shop', name: 'web' }, to: { namespace: 'shop', name: 'orders' } }];

    const graph = await topology({ calls }).graph();

    expect(graph.edges).toMatchObject([{ sources: ['catalogue'], live: false, hourAgo: null }]);
    expect(graph.notices).toEqual([expect.stringContaining('no answer'), expect.stringContaining('no answer')]);
  });
});
