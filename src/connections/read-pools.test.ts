import { describe, expect, it } from 'vitest';
import { fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { readPools } from './read-pools.ts';

const NOW = 1_800_000_000_000;
const LATELY = { from: NOW - 300_000, to: NOW };
const orders = fakeWorkload();
const PODS = ['orders-7d9f8c6b5d-x2k4b', 'orders-7d9f8c6b5d-x2k4c'];

type Labels = Record<string, string>;

function read(series: ReturnType<typeof fakeSeries>) {
  return readPools(orders, { metrics: fakeMetrics(series.store), now: () => NOW });
}

/** Two replicas with 3 of 4 in use, 1 idle, and 5 waiting each, under the given names. */
function bothPods(write: (series: ReturnType<typeof fakeSeries>, place: Labels) => void) {
  const series = fakeSeries();
  for (const pod of PODS) write(series, { namespace: 'shop', pod });
  return series;
}

const gauges = (names: Record<string, number>, labels: Labels = {}) =>
  bothPods((series, place) => {
    for (const [name, value] of Object.entries(names))
      series.gauge({ __name__: name, ...place, ...labels }, value, LATELY);
  });

describe('readPools, every naming', () => {
  const otel = (state: string, count: string, rest: Record<string, number>) =>
    bothPods((series, place) => {
      series.gauge({ __name__: count, ...place, [state]: 'used' }, 3, LATELY);
      series.gauge({ __name__: count, ...place, [state]: 'idle' }, 1, LATELY);
      for (const [name, value] of Object.entries(rest)) series.gauge({ __name__: name, ...place }, value, LATELY);
    });

  it.each([
    [
      'otel',
      'otel',
      otel('db_client_connection_state', 'db_client_connection_count', {
        db_client_connection_max: 4,
        db_client_connection_pending_requests: 5,
      }),
    ],
    [
      'otel, untranslated names',
      'otel',
      otel('db.client.connection.state', 'db.client.connection.count', {
        'db.client.connection.max': 4,
        'db.client.connection.pending_requests': 5,
      }),
    ],
    [
      'otel-old',
      'otel-old',
      otel('state', 'db_client_connections_usage', {
        db_client_connections_max: 4,
        db_client_connections_pending_requests: 5,
      }),
    ],
    [
      'hikaricp',
      'hikaricp',
      gauges(
        {
          hikaricp_connections_active: 3,
          hikaricp_connections_idle: 1,
          hikaricp_connections_max: 4,
          hikaricp_connections_pending: 5,
          jdbc_connections_active: 99,
        },
        { pool: 'main' },
      ),
    ],
    [
      'r2dbc',
      'r2dbc',
      gauges({
        r2dbc_pool_acquired_connections: 3,
        r2dbc_pool_idle_connections: 1,
        r2dbc_pool_max_allocated_connections: 4,
        r2dbc_pool_pending_connections: 5,
      }),
    ],
    [
      'node-postgres by habit',
      'pg-pool',
      gauges({
        pg_pool_total_count: 4,
        pg_pool_idle_count: 1,
        pg_pool_waiting_count: 5,
        pg_pool_max: 4,
        pg_pool_errors_total: 700,
      }),
    ],
    [
      'node-postgres in camel case',
      'pg-pool',
      gauges({ shop_pgPool_total: 4, shop_pgPool_idle: 1, shop_pgPool_waiting: 5, shop_pgPool_max: 4 }),
    ],
  ])('%s', async (_, family, series) => {
    const pools = await read(series);

    expect(pools).toMatchObject({
      known: true,
      family,
      used: 6,
      idle: 2,
      pending: 10,
      maxPerReplica: 4,
      replicasReporting: 2,
      at: NOW,
    });
    expect(pools).toMatchObject({ pools: [{ max: 8, waitingShare: 1, pendingMean: 10, saturatedShare: 0 }] });
  });

  it('takes jdbc_connections where nothing better is there, and says that waiting is unknown', async () => {
    const pools = await read(gauges({ jdbc_connections_active: 3, jdbc_connections_idle: 1, jdbc_connections_max: 4 }));

    expect(pools).toMatchObject({ known: true, family: 'jdbc', used: 6, pending: null, timeoutsPerS: null });
  });

  it('counts those that wait for Go pools by the seconds they waited', async () => {
    const series = gauges(
      { go_sql_in_use_connections: 4, go_sql_idle_connections: 0, go_sql_max_open_connections: 4 },
      { db_name: 'shop' },
    );
    for (const pod of PODS) {
      series.counter(
        { __name__: 'go_sql_wait_duration_seconds_total', namespace: 'shop', pod, db_name: 'shop' },
        2.5,
        LATELY,
      );
    }

    const pools = await read(series);

    expect(pools).toMatchObject({ known: true, family: 'go-sql', used: 8, pending: 5, maxPerReplica: 4 });
    expect(pools).toMatchObject({ pools: [{ name: 'shop', waitingShare: 1, saturatedShare: 1 }] });
  });

  it('knows that a Go maximum of zero is no maximum', async () => {
    const pools = await read(gauges({ go_sql_in_use_connections: 4, go_sql_max_open_connections: 0 }));

    expect(pools).toMatchObject({ known: true, used: 8, maxPerReplica: null });
  });
});

describe('readPools, what is counted', () => {
  const hikari = (place: Labels, series: ReturnType<typeof fakeSeries>, used = 3, shape = LATELY) => {
    series.gauge({ __name__: 'hikaricp_connections_active', pool: 'main', ...place }, used, shape);
    series.gauge({ __name__: 'hikaricp_connections_max', pool: 'main', ...place }, 4, shape);
  };

  it('does not count a target twice that two jobs scrape', async () => {
    const series = fakeSeries();
    hikari({ namespace: 'shop', pod: PODS[0] ?? '', job: 'a' }, series);
    hikari({ namespace: 'shop', pod: PODS[0] ?? '', job: 'b' }, series);

    expect(await read(series)).toMatchObject({ used: 3, maxPerReplica: 4, replicasReporting: 1 });
  });

  it('adds the pools of one replica and shows each, the most pressed first', async () => {
    const series = fakeSeries();
    const place = { namespace: 'shop', pod: PODS[0] ?? '' };
    hikari({ ...place, pool: 'reports' }, series, 1);
    hikari({ ...place, pool: 'orders' }, series, 4);

    const pools = await read(series);

    expect(pools).toMatchObject({
      used: 5,
      maxPerReplica: 8,
      pools: [
        { name: 'orders', saturatedShare: 1 },
        { name: 'reports', saturatedShare: 0 },
      ],
    });
  });

  it('leaves out other workloads, other namespaces, and replicas that ended', async () => {
    const series = fakeSeries();
    hikari({ namespace: 'shop', pod: PODS[0] ?? '' }, series);
    hikari({ namespace: 'shop', pod: 'orders-api-7d9f8c6b5d-x2k4b' }, series);
    hikari({ namespace: 'other', pod: PODS[0] ?? '' }, series);
    const ended = series.store.series({
      __name__: 'hikaricp_connections_active',
      pool: 'main',
      namespace: 'shop',
      pod: PODS[1] ?? '',
    });
    ended.append(NOW - 60_000, 4);
    ended.markStale(NOW - 45_000);

    expect(await read(series)).toMatchObject({ used: 3, replicasReporting: 1 });
  });

  it('does not take a maximum for known while one pool does not tell its own', async () => {
    const series = fakeSeries();
    hikari({ namespace: 'shop', pod: PODS[0] ?? '' }, series);
    series.gauge(
      { __name__: 'hikaricp_connections_active', pool: 'second', namespace: 'shop', pod: PODS[0] ?? '' },
      1,
      LATELY,
    );

    expect(await read(series)).toMatchObject({ used: 4, maxPerReplica: null });
  });

  it('reads timeouts per second, over a restart too', async () => {
    const series = fakeSeries();
    const place = { namespace: 'shop', pod: PODS[0] ?? '' };
    hikari(place, series);
    const timeouts = series.store.series({ __name__: 'hikaricp_connections_timeout_total', pool: 'main', ...place });
    for (let step = 8; step >= 0; step--)
      timeouts.append(NOW - step * 15_000, step > 4 ? 100 + (8 - step) * 30 : (4 - step) * 30);

    const pools = await read(series);

    // 3 x 30 before the restart, then it starts again at 0 and grows by 4 x 30: 210 in 120 s.
    expect(pools).toMatchObject({ timeoutsPerS: 1.75 });
  });

  it('reads what a database refused, with and without pool metrics', async () => {
    const series = fakeSeries();
    series.counter(
      { __name__: 'db_client_errors_total', code: '53300', namespace: 'shop', pod: PODS[0] ?? '' },
      2,
      LATELY,
    );
    series.counter(
      { __name__: 'db_client_errors_total', code: '40001', namespace: 'shop', pod: PODS[0] ?? '' },
      9,
      LATELY,
    );

    expect(await read(series)).toMatchObject({ known: false, refusedPerS: 2 });
  });

  it.each([
    ['no series', fakeSeries()],
    ['only NaN', gauges({ hikaricp_connections_active: Number.NaN })],
    [
      'series that ended before',
      bothPods((series, place) => hikari(place, series, 4, { from: NOW - 3_600_000, to: NOW - 900_000 })),
    ],
  ])('is unknown, never zero: %s', async (_, series) => {
    const pools = await read(series);

    expect(pools).toMatchObject({ known: false, refusedPerS: null });
  });

  it('asks one query', async () => {
    const metrics = fakeMetrics(fakeSeries().store);

    await readPools(orders, { metrics, now: () => NOW });

    expect(metrics.asked).toHaveLength(1);
  });
});
