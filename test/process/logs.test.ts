import { type AddressInfo, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type HaleProcess, type ShopWorld, startShopWorld, until } from './shop-world.ts';

/* The daemon as it is shipped: a shipper sends the log of orders, an alert comes, and the incident says what the log says. */
const FACTOR = 20;
const WITHIN_MS = 60_000;
const TEST_TIMEOUT_MS = 120_000;
const MINUTE_MS = 60_000;

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const STACK = `TypeError: no terms
    at shareToPay (file:///app/src/vouchers.ts:18:20)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`;

/** What orders logged in the last 70 minutes, as ECS: every seventh request fails since five minutes ago. */
function bulkBody(now: number): string {
  const lines: string[] = [];
  for (let at = now - 70 * MINUTE_MS; at < now; at += 5_000) {
    const fails = at > now - 5 * MINUTE_MS && Math.floor(at / 5_000) % 7 === 0;
    const document = {
      '@timestamp': new Date(at).toISOString(),
      kubernetes: { namespace: 'shop' },
      service: { name: 'orders', version: '2.3.9' },
      http: { route: '/orders/:id', response: { status_code: fails ? 500 : 200 } },
      log: { level: fails ? 'error' : 'info' },
      message: fails ? 'request failed' : 'request served',
      ...(fails ? { error: { type: 'TypeError', message: 'no terms', stack_trace: STACK } } : {}),
    };
    lines.push('{"create":{"_index":"logs-shop"}}', JSON.stringify(document));
  }
  return `${lines.join('\n')}\n`;
}

async function alertOn(hale: HaleProcess, world: ShopWorld): Promise<void> {
  const labels = { alertname: 'TooManyErrors', namespace: 'shop', deployment: 'orders' };
  const alert = {
    status: 'firing',
    labels,
    annotations: {},
    startsAt: new Date(world.now() - MINUTE_MS).toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    fingerprint: '0123456789abcdef',
  };
  const given = {
    version: '4',
    groupKey: '{}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'hale',
    externalURL: '',
  };
  const body = { ...given, groupLabels: labels, commonLabels: labels, commonAnnotations: {}, alerts: [alert] };
  const response = await fetch(`${hale.url}/api/v1/alerts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${hale.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
}

describe('the daemon, and the log of a workload', () => {
  it(
    'names the error behind an alert: exception, route, own frame, onset; writes nothing for it and calls a person',
    async () => {
      const port = await freePort();
      const world = await startShopWorld({
        factor: FACTOR,
        more: `logs: { intake: { host: 127.0.0.1, port: ${port} } }\n`,
      });
      opened.push(() => world.end());
      const hale = await world.startHale();

      const taken = await fetch(`http://127.0.0.1:${port}/_bulk`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: bulkBody(world.now()),
      });
      expect(await taken.json()).toMatchObject({ errors: false });
      await alertOn(hale, world);
      const incident = await until(
        'an incident with the cause',
        WITHIN_MS,
        async () => (await hale.incidents()).find(({ causes, phase }) => causes.length > 0 && phase === 'escalated'),
        async () => (await hale.incidents()).map(({ title, phase, findings }) => ({ title, phase, findings })),
      );

      expect(incident.causes[0]).toMatchObject({ reason: 'application-error', subject: { name: 'orders' } });
      expect(incident.causes[0]?.summary).toMatch(
        /new error "TypeError: no terms" on \/orders\/\*, in shareToPay \(file:\/\/\/app\/src\/vouchers\.ts:18:20\), \d+ lines since \d\d:\d\d/,
      );
      expect(world.scaleWrites()).toBe(0);
    },
    TEST_TIMEOUT_MS,
  );
});
