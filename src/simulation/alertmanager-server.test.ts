import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fingerprint } from './alertmanager/fingerprint.ts';
import type { AlertmanagerOptions } from './alertmanager-server.ts';
import { createAlertmanagerServer } from './alertmanager-server.ts';
import { createManualClock } from './clock.ts';
import { createRandom } from './random.ts';
import { makeLabels } from './tsdb/labels.ts';

const START_MS = 1_700_000_000_000;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Body {
  status: string;
  alerts: { status: string; labels: Record<string, string>; endsAt: string }[];
  notification_reason: string;
  truncatedAlerts: number;
  commonLabels: Record<string, string>;
  [field: string]: unknown;
}

async function startWorld(options: Partial<AlertmanagerOptions> & { maxAlerts?: number } = {}) {
  const clock = createManualClock({ startMs: START_MS });
  const received: { body: Body; headers: IncomingHttpHeaders }[] = [];
  const answers: number[] = [];
  const receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ body: JSON.parse(Buffer.concat(chunks).toString()) as Body, headers: request.headers });
      response.statusCode = answers.shift() ?? 200;
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
  const { maxAlerts = 0, ...rest } = options;
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const server = createAlertmanagerServer({
    clock,
    random: createRandom(1),
    webhook: { url, bearer: 'sekret', receiver: 'web.hook-1', maxAlerts },
    route: { groupWaitMs: 1_000, groupIntervalMs: 5_000, repeatIntervalMs: 60_000 },
    ...rest,
  });
  await server.start();
  stops.push(() => server.stop());
  const call = async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${server.url()}/api/v2/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? '' : JSON.parse(text) };
  };
  const post = (labels: Record<string, string>, more: Record<string, unknown> = {}) =>
    call('POST', 'alerts', [{ labels, generatorURL: 'http://p/g', annotations: { s: '1' }, ...more }]);
  const advance = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await server.settled();
  };
  return { clock, server, received, answers, call, post, advance };
}

const A = { alertname: 'A', svc: 'x' };

describe('webhook', () => {
  it('has the shape of version 4, as the real one sent it', async () => {
    const { post, advance, received, server } = await startWorld({ maxAlerts: 1 });
    await post(A, { startsAt: '2023-11-14T22:13:20.736764521Z' });
    await post({ ...A, svc: 'y' });

    await advance(1_000);

    expect(received).toHaveLength(1);
    expect(received[0]?.body).toEqual({
      receiver: 'web\\.hook-1',
      status: 'firing',
      alerts: [
        {
          status: 'firing',
          labels: A,
          annotations: { s: '1' },
          startsAt: '2023-11-14T22:13:20.736764521Z',
          endsAt: '0001-01-01T00:00:00Z',
          generatorURL: 'http://p/g',
          fingerprint: '752f2388a83769bd',
        },
      ],
      groupLabels: { alertname: 'A' },
      commonLabels: A,
      commonAnnotations: { s: '1' },
      externalURL: server.url(),
      version: '4',
      groupKey: '{}:{alertname="A"}',
      truncatedAlerts: 1,
      routeLabels: {},
      notification_reason: 'first notification',
    });
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer sekret',
      'content-type': 'application/json',
      'user-agent': 'Alertmanager/0.34.0',
    });
  });

  it('waits, adds, repeats and resolves, in that order', async () => {
    const { post, advance, received, clock } = await startWorld();
    const keepAlive = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round++) {
        await post(A);
        await advance(5_000);
      }
    };
    await post(A);
    await advance(900);
    const early = received.length;
    await advance(100);
    await post({ ...A, svc: 'y' });
    await advance(5_000);
    await keepAlive(12);
    await post(A, { endsAt: new Date(clock.now()).toISOString() });
    await advance(5_000);
    await post({ ...A, svc: 'y' }, { endsAt: new Date(clock.now()).toISOString() });
    await advance(5_000);
    await advance(60_000);

    expect(early).toBe(0);
    expect(received.map(({ body }) => body.notification_reason)).toEqual([
      'first notification',
      'new alerts added',
      'repeat interval elapsed',
      'some alerts resolved',
      'all alerts resolved',
    ]);
    expect(received[3]?.body).toMatchObject({ status: 'firing' });
    expect(received[4]?.body).toMatchObject({ status: 'resolved', alerts: [{ status: 'resolved' }] });
  });

  it('retries 503 within the interval, but a 429 only at the next one', async () => {
    const { post, clock, server, received, answers, advance } = await startWorld();
    answers.push(503, 200);
    await post(A);
    clock.advance(1_000);
    while (received.length < 1) await new Promise((resolve) => setTimeout(resolve, 2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(600);
    await server.settled();
    const afterRetry = received.length;

    answers.push(429, 200);
    await post({ alertname: 'B' });
    await advance(1_000);
    const afterRefusal = received.length;
    await advance(5_000);

    expect([afterRetry, afterRefusal]).toEqual([2, 3]);
    expect(received[3]?.body.groupLabels).toEqual({ alertname: 'B' });
  });

  it('resolves an alert that is no longer repeated', async () => {
    const { post, advance, received } = await startWorld({ resolveTimeoutMs: 20_000 });
    await post(A);

    await advance(1_000);
    await advance(25_000);

    expect(received.map(({ body }) => body.status)).toEqual(['firing', 'resolved']);
  });

  it('sends the watchdog by a route of its own', async () => {
    const { post, advance, received } = await startWorld({
      routes: [{ matchers: ['alertname="Watchdog"'], groupWaitMs: 0, repeatIntervalMs: 5_000 }],
    });
    await post({ alertname: 'Watchdog' });

    await advance(0);
    await advance(5_000);

    expect(received.map(({ body }) => body['groupKey'])).toEqual(
      Array.from({ length: 2 }, () => '{}/{alertname="Watchdog"}:{alertname="Watchdog"}'),
    );
  });
});

describe('API v2', () => {
  it('lists alerts and groups by filter, with a real end', async () => {
    const { call, post } = await startWorld();
    await post(A);
    await post({ alertname: 'B' });

    const listed = await call('GET', `alerts?filter=${encodeURIComponent('alertname="A"')}`);
    const groups = await call('GET', 'alerts/groups');

    expect(listed.body).toMatchObject([
      {
        labels: A,
        endsAt: '2023-11-14T22:18:20.000Z',
        receivers: [{ name: 'web.hook-1' }],
        status: { state: 'active' },
      },
    ]);
    expect(groups.body).toMatchObject([{ labels: { alertname: 'A' } }, { labels: { alertname: 'B' } }]);
    expect((await call('GET', 'status')).body).toMatchObject({
      cluster: { status: 'ready' },
      versionInfo: { version: '0.34.0' },
    });
  });

  it('silences, also the word that all is well again', async () => {
    const { call, post, advance, received, clock } = await startWorld();
    const at = (ms: number): string => new Date(clock.now() + ms).toISOString();
    await post(A);
    await advance(1_000);
    const silence = {
      matchers: [{ name: 'alertname', value: 'A', isRegex: false }],
      startsAt: at(0),
      endsAt: at(60_000),
      createdBy: 'me',
      comment: 'c',
    };
    const { body } = await call('POST', 'silences', silence);
    await post(A, { endsAt: at(0) });
    await advance(20_000);

    expect(body).toEqual({ silenceID: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(received).toHaveLength(1);
    const { silenceID } = body as { silenceID: string };
    expect((await call('DELETE', `silence/${silenceID}`)).status).toBe(200);
    expect((await call('GET', `silence/${silenceID}`)).body).toMatchObject({ status: { state: 'expired' } });
  });

  it.each([
    ['alerts', { labels: {} }],
    ['alerts', [{ labels: {} }]],
    ['alerts', [{ labels: { a: 1 } }]],
    ['silences', { matchers: [] }],
    [
      'silences',
      { matchers: [{ name: 'a', value: 'b' }], startsAt: '2023-01-01T00:00:00Z', endsAt: '2023-01-02T00:00:00Z' },
    ],
  ])('refuses a bad body for %s: %j', async (path, body) => {
    const { call } = await startWorld();

    expect(await call('POST', path, body)).toEqual({ status: 400, body: expect.any(String) as string });
  });
});

it('knows alerts by the fingerprint that the real one computes', () => {
  expect(fingerprint(makeLabels(Object.entries(A)))).toBe('752f2388a83769bd');
});
