import { describe, expect, it } from 'vitest';
import { fakeMetrics, fakeSeries } from '../../test/fakes/metrics.ts';
import { freeConnections, readDatabaseServer } from './read-database-server.ts';

const NOW = 1_800_000_000_000;
const LATELY = { from: NOW - 300_000, to: NOW };
const shop = { name: 'shop', matchers: { job: 'postgres' } };

type Rows = readonly [name: string, value: number, labels?: Record<string, string>][];

function read(rows: Rows, database = shop) {
  const series = fakeSeries();
  for (const [name, value, labels] of rows) {
    series.gauge({ __name__: name, job: 'postgres', instance: 'db:9187', ...labels }, value, LATELY);
  }
  return readDatabaseServer(database, { metrics: fakeMetrics(series.store), now: () => NOW });
}

const POSTGRES: Rows = [
  ['pg_up', 1],
  ['pg_settings_max_connections', 100],
  ['pg_settings_superuser_reserved_connections', 3],
  ['pg_stat_activity_count', 20, { datname: 'shop', state: 'active', usename: 'orders' }],
  ['pg_stat_activity_count', 30, { datname: 'shop', state: 'idle', usename: 'orders' }],
];

describe('readDatabaseServer', () => {
  it('adds up the sessions of PostgreSQL', async () => {
    const server = await read(POSTGRES);

    expect(server).toMatchObject({
      known: true,
      kind: 'postgres',
      maxConnections: 100,
      reservedConnections: 3,
      usedConnections: 50,
      refusedPerS: null,
      at: NOW,
    });
    expect(server.known && freeConnections(server)).toBe(47);
  });

  it('takes off what PostgreSQL 16 reserves for roles', async () => {
    expect(await read([...POSTGRES, ['pg_settings_reserved_connections', 5]])).toMatchObject({
      reservedConnections: 8,
    });
  });

  it('assumes the default reserve where the exporter does not tell it', async () => {
    const untold = POSTGRES.filter(([name]) => !name.includes('reserved'));

    expect(await read(untold)).toMatchObject({ reservedConnections: 3 });
  });

  it('believes the larger count when the exporter may not see the sessions of others', async () => {
    const rows: Rows = [
      ...POSTGRES,
      ['pg_stat_database_numbackends', 60, { datname: 'shop' }],
      ['pg_stat_database_numbackends', 30, { datname: 'users' }],
    ];

    expect(await read(rows)).toMatchObject({ usedConnections: 90 });
  });

  it('leaves out backends that take no connection', async () => {
    const rows: Rows = [
      ...POSTGRES,
      ['pg_stat_activity_count', 8, { state: 'active', backend_type: 'parallel worker' }],
      ['pg_stat_activity_count', 1, { state: 'active', backend_type: 'client backend' }],
    ];

    expect(await read(rows)).toMatchObject({ usedConnections: 51 });
  });

  it('reads MySQL with what it refused for want of room', async () => {
    const series = fakeSeries();
    const place = { job: 'mysql', instance: 'db:9104' };
    series.gauge({ __name__: 'mysql_up', ...place }, 1, LATELY);
    series.gauge({ __name__: 'mysql_global_variables_max_connections', ...place }, 151, LATELY);
    series.gauge({ __name__: 'mysql_global_status_threads_connected', ...place }, 151, LATELY);
    series.counter(
      { __name__: 'mysql_global_status_connection_errors_total', error: 'max_connections', ...place },
      4,
      LATELY,
    );
    series.counter({ __name__: 'mysql_global_status_connection_errors_total', error: 'accept', ...place }, 9, LATELY);

    const server = await readDatabaseServer(
      { name: 'shop', matchers: place },
      { metrics: fakeMetrics(series.store), now: () => NOW },
    );

    expect(server).toMatchObject({
      known: true,
      kind: 'mysql',
      maxConnections: 151,
      usedConnections: 151,
      reservedConnections: 0,
      refusedPerS: 4,
    });
  });

  it('reads the limit of clients of PgBouncer', async () => {
    const rows: Rows = [
      ['pgbouncer_up', 1],
      ['pgbouncer_config_max_client_connections', 100],
      ['pgbouncer_pools_client_active_connections', 40, { database: 'shop', user: 'a' }],
      ['pgbouncer_pools_client_active_connections', 20, { database: 'shop', user: 'b' }],
      ['pgbouncer_pools_client_waiting_connections', 7, { database: 'shop', user: 'b' }],
    ];

    expect(await read(rows)).toMatchObject({ known: true, kind: 'pgbouncer', usedConnections: 67, waitingClients: 7 });
  });

  it.each<[string, Rows, RegExp]>([
    ['no series', [], /no series of an exporter/],
    [
      'no maximum',
      [
        ['pg_up', 1],
        ['pg_stat_activity_count', 3],
      ],
      /pg_settings_max_connections is not exported/,
    ],
    [
      'no count',
      [
        ['pg_up', 1],
        ['pg_settings_max_connections', 100],
      ],
      /none of pg_stat_activity_count/,
    ],
    [
      'NaN',
      [
        ['pg_up', 1],
        ['pg_settings_max_connections', Number.NaN],
        ['pg_stat_activity_count', 3],
      ],
      /pg_settings_max_connections is not exported/,
    ],
    [
      'two servers',
      [...POSTGRES, ['pg_settings_max_connections', 50, { instance: 'other:9187' }]],
      /select 2 servers \(postgres db:9187, postgres other:9187\)/,
    ],
  ])('is unknown: %s', async (_, rows, why) => {
    const server = await read(rows);

    expect(server).toMatchObject({ known: false, unreachable: false, why: expect.stringMatching(why) });
  });

  it('says when the exporter itself cannot reach the server', async () => {
    expect(await read([...POSTGRES.slice(1), ['pg_up', 0]])).toMatchObject({ known: false, unreachable: true });
  });

  it('refuses a database without matchers before it asks', async () => {
    const metrics = fakeMetrics(fakeSeries().store);

    const server = await readDatabaseServer({ name: 'shop', matchers: {} }, { metrics, now: () => NOW });

    expect(server).toMatchObject({ known: false, why: expect.stringContaining('no matchers') });
    expect(metrics.asked).toEqual([]);
  });
});
