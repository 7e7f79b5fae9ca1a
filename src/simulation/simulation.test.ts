import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from './clock.ts';
import { FAULTS } from './faults/index.ts';
import type { SimulationOptions } from './simulation.ts';
import { createSimulation } from './simulation.ts';

const START_MS = 1_700_000_000_000;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startWorld(options: Partial<SimulationOptions> = {}) {
  const clock = createManualClock({ startMs: START_MS });
  const world = createSimulation({ clock, seed: 7, ...options });
  await world.start();
  stops.push(() => world.stop());
  const query = async (text: string): Promise<number> => {
    const response = await fetch(`${world.prometheusUrl()}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: text }),
    });
    const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? Number.NaN);
  };
  const scaleOrders = (replicas: number): Promise<Response> =>
    fetch(`${world.kubernetesUrl()}/apis/apps/v1/namespaces/shop/deployments/orders/scale`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: JSON.stringify({ spec: { replicas } }),
    });
  return { clock, world, query, scaleOrders };
}

const WAITING = 'sum(db_client_connection_pending_requests{app="orders"})';
const REFUSED = 'sum(rate(db_client_errors_total{app="orders",code="53300"}[1m]))';
const P99 = 'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{app="web"}[1m])))';

describe('the shop', () => {
  it('starts with half an hour of quiet history', async () => {
    const { world, query } = await startWorld();

    expect(await query('count_over_time(up{job="postgres"}[29m])')).toBeGreaterThan(300);
    expect(
      await query('max_over_time((sum(rate(http_request_duration_seconds_count{app="web"}[1m])))[25m:1m])'),
    ).toBeLessThan(80);
    expect(await query('sum(kube_deployment_status_replicas_ready)')).toBe(6);
    expect(await query('sum(pg_stat_activity_count) / max(pg_settings_max_connections)')).toBeLessThan(0.6);
    expect(await query(REFUSED)).toBe(0);
    expect(world.users().errorRate).toBe(0);
    expect(world.users().history.length).toBeGreaterThan(300);
  });

  it('is the same world for the same seed', async () => {
    const [one, other] = [await startWorld({ seed: 3 }), await startWorld({ seed: 3 })];

    one.clock.advance(60_000);
    other.clock.advance(60_000);

    expect(one.world.users()).toEqual(other.world.users());
    expect((await startWorld({ seed: 4 })).world.users()).not.toEqual((await startWorld({ seed: 3 })).world.users());
  });

  it('pool-too-small: requests wait, and more replicas of orders heal it', async () => {
    const { clock, world, query, scaleOrders } = await startWorld();
    const before = world.users();
    world.inject('pool-too-small');

    clock.advance(180_000);
    const during = world.users();
    const waiting = await query(WAITING);
    const refused = await query(REFUSED);
    await scaleOrders(4);
    clock.advance(120_000);
    const after = world.users();

    expect(during.p99Ms).toBeGreaterThan(before.p99Ms * 5);
    expect(waiting).toBeGreaterThan(20);
    expect(refused).toBe(0);
    expect(after.p99Ms).toBeLessThan(before.p99Ms * 1.5);
    expect(after.errorRate).toBe(0);
    expect(await query(WAITING)).toBeLessThan(5);
    expect(await query('kube_deployment_spec_replicas{deployment="orders"}')).toBe(4);
    expect(await query('count(up{app="orders"})')).toBe(4);
  });

  it('database-limit: the server refuses, nobody waits for the pool, and scaling makes it worse', async () => {
    const { clock, world, query, scaleOrders } = await startWorld();
    world.inject('database-limit');

    clock.advance(180_000);
    const during = world.users();
    const [refused, waiting, p99S] = [await query(REFUSED), await query(WAITING), await query(P99)];
    await scaleOrders(4);
    clock.advance(120_000);
    const worse = world.users();
    world.clear();
    clock.advance(120_000);

    expect(refused).toBeGreaterThan(1);
    expect(waiting).toBeLessThan(10);
    expect(p99S).toBeGreaterThan(0.2);
    expect(during.errorRate).toBeGreaterThan(0.01);
    expect(worse.errorRate).toBeGreaterThan(during.errorRate * 1.2);
    expect(world.users().errorRate).toBe(0);
  });

  it('ends the series of a pod that is gone', async () => {
    const { clock, query, scaleOrders } = await startWorld();

    await scaleOrders(1);
    clock.advance(30_000);

    expect(await query('count(up{app="orders"})')).toBe(1);
  });
});

it('carries an alert from the samples to the webhook and back', async () => {
  const bodies: { status: string; alerts: { labels: Record<string, string> }[] }[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as (typeof bodies)[number]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  stops.push(
    () =>
      new Promise((resolve) => {
        receiver.close(() => resolve());
        receiver.closeAllConnections();
      }),
  );
  const rule = {
    alert: 'PoolWaits',
    expr: 'sum by (namespace, app) (db_client_connection_pending_requests) > 10',
    for: '20s',
  };
  const { clock, world, scaleOrders } = await startWorld({
    rules: [{ groups: [{ name: 'shop', rules: [rule] }] }],
    route: { groupWaitMs: 1_000, groupIntervalMs: 5_000 },
  });
  world.sendAlertsTo(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  const pass = async (seconds: number): Promise<void> => {
    for (let at = 0; at < seconds; at += 5) {
      clock.advance(5_000);
      await world.settled();
    }
  };

  await pass(30);
  const quiet = bodies.length;
  world.inject('pool-too-small');
  await pass(150);
  const firing = bodies.at(-1);
  await scaleOrders(4);
  await pass(60);

  expect(quiet).toBe(0);
  expect(firing).toMatchObject({
    status: 'firing',
    alerts: [{ labels: { alertname: 'PoolWaits', app: 'orders', namespace: 'shop' } }],
  });
  expect(bodies.at(-1)).toMatchObject({ status: 'resolved' });
});

it('lists exactly the faults that have a file', () => {
  const files = readdirSync(new URL('./faults', import.meta.url)).map((file) => file.replace('.ts', ''));

  expect(Object.keys(FAULTS).sort()).toEqual(files.filter((file) => !['index', 'fault'].includes(file)).sort());
  for (const [id, fault] of Object.entries(FAULTS)) expect(fault.id).toBe(id);
});
