import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database, DatabasePool, PoolClient } from './database.ts';
import { createDatabase } from './database.ts';
import { Faults } from './faults.ts';
import { createLog } from './log.ts';
import { createDatabaseMetrics, createMetrics } from './metrics.ts';
import { createOutbound } from './outbound.ts';
import { createRoutes } from './routes.ts';
import { createService } from './service.ts';
import type { ServiceName } from './settings.ts';

/** A pool in memory that counts as node-postgres does. A plain Error after the limit stands for its time-out. */
class FakePool implements DatabasePool {
  totalCount = 0;
  idleCount = 0;
  waitingCount = 0;
  refuseWith: Error | undefined;
  readonly max: number;
  constructor(max: number) {
    this.max = max;
  }
  async connect(): Promise<PoolClient> {
    if (this.refuseWith !== undefined) throw this.refuseWith;
    if (this.idleCount > 0) this.idleCount -= 1;
    else if (this.totalCount < this.max) this.totalCount += 1;
    else throw new Error('no client came free');
    return {
      query: async (text, values = []) => ({ rows: rowsFor(text, values) }),
      release: (destroy) => {
        if (destroy === true) this.totalCount -= 1;
        else this.idleCount += 1;
      },
    };
  }
  async end() {}
}

function rowsFor(text: string, values: unknown[]): unknown[] {
  if (text.includes('from products')) {
    return (values[0] as number[]).map((id) => ({ id, name: `Product ${id}`, price_cents: 100 }));
  }
  if (text.startsWith('insert')) return [{ id: '9', product_id: values[1], quantity: values[2] }];
  return [
    { id: '1', product_id: 4, quantity: 1 },
    { id: '2', product_id: 4, quantity: 2 },
  ];
}

const stops: (() => Promise<void>)[] = [];

async function startPart(name: ServiceName, pool: FakePool | undefined, next: string, paymentsUrl?: string) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) };
  const log = createLog(name, destination, () => 0, '1.4.0');
  const metrics = createMetrics(name, '1.4.0');
  const faults = { current: Faults.parse({}) };
  const slept: number[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
  };
  const crashes: string[] = [];
  let held = 0;
  // A clock that leaps makes every failed wait look as long as its limit.
  let nowMs = 0;
  const clock = () => (nowMs += 1000);
  let database: Database | undefined;
  if (pool !== undefined) {
    database = createDatabase({
      pool,
      openConnection: async () => {
        if (held === 3) throw Object.assign(new Error('sorry, too many clients already'), { code: '53300' });
        held += 1;
        return {
          close: async () => {
            held -= 1;
          },
        };
      },
      metrics: createDatabaseMetrics(metrics.registry, pool, name, pool.max),
      log,
      faults: () => faults.current,
      connectionTimeoutMs: 1000,
      queryMs: 0,
      sleep,
      clock,
    });
  }
  const outbound = createOutbound(metrics, 5000, clock);
  const service = createService({
    routes: createRoutes(name, { database, outbound, ordersUrl: next, catalogUrl: next, paymentsUrl }),
    database,
    metrics,
    log,
    faults,
    workMs: 0,
    drainMs: 0,
    readyNeedsDatabase: false,
    crash: (why) => crashes.push(why),
    sleep,
    clock,
    random: () => 0.5,
    randomHex: (bytes) => 'c'.repeat(bytes * 2),
  });
  const url = `http://127.0.0.1:${await service.start(0, '127.0.0.1')}`;
  stops.push(async () => {
    await outbound.stop();
    await service.stop();
    await database?.stop();
  });
  const metricText = async () => (await fetch(`${url}/metrics`)).text();
  const setFaults = (body: unknown) => fetch(`${url}/faults`, { method: 'POST', body: JSON.stringify(body) });
  return { url, lines, slept, crashes, metricText, setFaults, stop: () => service.stop() };
}

async function startShop() {
  const ordersPool = new FakePool(3);
  const catalog = await startPart('catalog', new FakePool(3), 'http://unused.invalid');
  const payments = await startPart('payments', undefined, 'http://unused.invalid');
  const orders = await startPart('orders', ordersPool, catalog.url, payments.url);
  const web = await startPart('web', undefined, orders.url);
  return { web, orders, catalog, payments, ordersPool };
}

describe('the shop over loopback', () => {
  let shop: Awaited<ReturnType<typeof startShop>>;
  beforeEach(async () => {
    shop = await startShop();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  it('answers the front page from both services, under one trace', async () => {
    const response = await fetch(`${shop.web.url}/?customer=7`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      customer: 7,
      orders: [
        { id: 1, product_id: 4, quantity: 1, name: 'Product 4', paid: true },
        { id: 2, product_id: 4, quantity: 2, name: 'Product 4', paid: true },
      ],
    });
    for (const { lines } of [shop.web, shop.orders, shop.catalog]) {
      expect(lines).toContainEqual(expect.objectContaining({ 'trace.id': 'c'.repeat(32), message: 'request served' }));
    }
    expect(await shop.web.metricText()).toMatch(
      /http_request_duration_seconds_count\{method="GET",route="\/",status_code="200"\} 1/,
    );
    expect(await shop.web.metricText()).toContain(
      'http_client_request_duration_seconds_count{method="GET",server_address',
    );
  });

  it('takes an order, and refuses one that makes no sense as the asker’s error', async () => {
    const post = (body: string) => fetch(`${shop.web.url}/checkout`, { method: 'POST', body });

    const taken = await post('{"customer":1,"product":4,"quantity":2}');
    const refused = await post('{"customer":1,"product":4,"quantity":0}');
    const broken = await post('{');

    expect(await taken.json()).toEqual({ order: { id: 9, product_id: 4, quantity: 2 } });
    expect([refused.status, broken.status]).toEqual([400, 400]);
  });

  it('shows a refusal by the server as its SQLSTATE in metrics and logs', async () => {
    shop.ordersPool.refuseWith = Object.assign(new Error('sorry, too many clients already'), { code: '53300' });

    const response = await fetch(`${shop.web.url}/`);

    expect(response.status).toBe(502);
    expect(await shop.orders.metricText()).toContain('db_client_errors_total{code="53300"} 1');
    expect(await shop.orders.metricText()).toMatch(/connection_timeouts_total\{[^}]*\} 0/);
    expect(shop.orders.lines).toContainEqual(
      expect.objectContaining({ 'log.level': 'error', 'service.name': 'orders', 'error.code': '53300' }),
    );
  });

  it('leaks a client on every n-th use until the pool is empty, and counts the waits as time-outs', async () => {
    await shop.orders.setFaults({ leakEvery: 1 });

    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await fetch(`${shop.web.url}/`)).status);

    expect(statuses).toEqual([200, 200, 200, 502]);
    const text = await shop.orders.metricText();
    expect(text).toMatch(/connection_count\{[^}]*state="used"\} 3/);
    expect(text).toMatch(/connection_timeouts_total\{[^}]*\} 1/);
    expect(await (await fetch(`${shop.orders.url}/faults`)).json()).toMatchObject({ leakedClients: 3 });
  });

  it('holds connections beside the pool as far as the server lets it, and gives them back', async () => {
    const held = await (await shop.catalog.setFaults({ idleConnections: 5 })).json();
    const refusals = await shop.catalog.metricText();
    const freed = await (await shop.catalog.setFaults({ idleConnections: 0 })).json();

    expect(held).toMatchObject({ heldConnections: 3, faults: { idleConnections: 5 } });
    expect(refusals).toContain('db_client_errors_total{code="53300"} 1');
    expect(freed).toMatchObject({ heldConnections: 0 });
  });

  it('obeys latency, pool hold and error rate, and forgets them when they are switched off', async () => {
    await shop.orders.setFaults({ latencyMs: 300, poolHoldMs: 200 });
    await fetch(`${shop.web.url}/`);
    const slept = [...shop.orders.slept];
    await shop.orders.setFaults({ latencyMs: 0, poolHoldMs: 0, errorRate: 0.6 });
    const failed = await fetch(`${shop.orders.url}/orders?customer=1`);
    await shop.orders.setFaults({ errorRate: 0.4 });
    const served = await fetch(`${shop.orders.url}/orders?customer=1`);

    expect(slept).toEqual([300, 200]);
    expect(shop.orders.slept).toEqual(slept);
    expect([failed.status, served.status]).toEqual([500, 200]);
    expect(shop.orders.lines).toContainEqual(expect.objectContaining({ 'error.type': 'InjectedFault' }));
  });

  it('stumbles over an old voucher as code does: a TypeError with its own frame, route, trace and release', async () => {
    await shop.orders.setFaults({ bugEvery: 2 });

    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await fetch(`${shop.orders.url}/orders?customer=1`)).status);

    expect(statuses).toEqual([200, 500, 200, 500]);
    const line = shop.orders.lines.find((it) => it['error.type'] === 'TypeError');
    expect(line).toMatchObject({ 'http.route': '/orders', 'service.version': '1.4.0', 'trace.id': 'c'.repeat(32) });
    expect(line?.['error.stack_trace']).toMatch(/at shareToPay .*vouchers\.ts:\d+/);
    expect(await shop.orders.metricText()).toContain('shop_build_info{service="orders",version="1.4.0"} 1');
  });

  it('keeps memory for each request, and what it was told to take until that is lowered', async () => {
    await shop.payments.setFaults({ memoryLeakKb: 64, allocateMb: 8 });
    await fetch(`${shop.payments.url}/payments?orders=1`);
    const kept = await (await shop.payments.setFaults({ memoryLeakKb: 0, allocateMb: 0 })).json();

    expect(kept).toMatchObject({ leakedKib: 64, faults: { allocateMb: 0 } });
  });

  it('ends by itself after a while when told to, and not when that was taken back', async () => {
    await shop.catalog.setFaults({ exitAfterMs: 1 });
    await expect.poll(() => shop.catalog.crashes).toHaveLength(1);
    await shop.orders.setFaults({ exitAfterMs: 60_000 });
    await shop.orders.setFaults({ exitAfterMs: 0 });

    expect(shop.orders.crashes).toEqual([]);
  });

  it('fails with its dependency outside, under the address of that dependency', async () => {
    await shop.payments.setFaults({ errorRate: 1 });

    const response = await fetch(`${shop.web.url}/?customer=7`);

    expect(response.status).toBe(502);
    const { host } = new URL(shop.payments.url);
    expect(await shop.orders.metricText()).toMatch(
      new RegExp(
        `client_request_duration_seconds_count\\{method="GET",server_address="${host}",status_code="500"\\} 1`,
      ),
    );
  });

  it('is alive and ready without a database, and lists its routes to whoever is lost', async () => {
    shop.ordersPool.refuseWith = new Error('gone');

    const [alive, ready, lost] = await Promise.all(
      ['/healthz', '/readyz', '/nowhere'].map((path) => fetch(`${shop.orders.url}${path}`)),
    );

    expect([alive?.status, ready?.status, lost?.status]).toEqual([200, 200, 404]);
    expect(await lost?.text()).toContain('GET /orders, POST /orders');
  });

  it('uses a new connection after twenty requests, so that new replicas get their share', async () => {
    // One caller at a time, so keep-alive alone would need a single connection for all of them.
    const ports = new Set<number | undefined>();
    const server = createServer((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address() as { port: number };
    const outbound = createOutbound(createMetrics(), 5000, () => 0);

    for (let n = 0; n < 60; n += 1) {
      await outbound.call({ method: 'GET', url: `http://127.0.0.1:${address.port}/`, traceparent: 'x' });
    }
    await outbound.stop();
    await new Promise((resolve) => server.close(resolve));

    // Now and then one more is opened while the last one is still closing.
    expect(ports.size).toBeGreaterThanOrEqual(3);
  });
});
