import { connect } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../domain/errors.ts';
import type { AlertIntake, IntakeResult } from '../intake/alert-intake.ts';
import { createAuthenticator } from '../intake/authenticate.ts';
import { alertOf, bodyOf, type IntakeBench, openIntake } from '../intake/testing/intake.ts';
import { ALERTS_PATH, type AlertsRouteOptions, alertsRoute, slowSenderLimits } from './alerts-route.ts';

const TOKEN = 'first-token';
const authenticate = createAuthenticator([{ kind: 'bearer', token: { reveal: () => TOKEN } }]);
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function serve(intake: AlertIntake, change: Partial<AlertsRouteOptions> = {}): Promise<FastifyInstance> {
  const { requestTimeout, server } = slowSenderLimits(300);
  const app = Fastify({ requestTimeout, http: server, forceCloseConnections: true });
  await alertsRoute(app, { intake, authenticate, limits: { maxBodyBytes: 10_000, maxRequests: 10 }, ...change });
  stops.push(() => app.close());
  return app;
}

async function open(): Promise<{ app: FastifyInstance; bench: IntakeBench }> {
  const bench = await openIntake();
  stops.push(() => bench.close());
  return { app: await serve(bench.intake), bench };
}

/** An intake that gives one answer. */
const answering = (answer: () => Promise<IntakeResult>): AlertIntake => ({ receive: answer });
const NOTHING: IntakeResult = { accepted: 0, duplicates: 0, ignored: 0, watchdog: 0, incidentsOpened: 0, warnings: [] };

function post(app: FastifyInstance, payload: string | Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: ALERTS_PATH,
    payload,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
}

describe('POST /api/v1/alerts', () => {
  it('answers 200 with counts once the alerts are stored', async () => {
    const { app, bench } = await open();

    const answer = await post(app, bodyOf([alertOf()]));

    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ accepted: 1, duplicates: 0, ignored: 0, watchdog: 0, incidentsOpened: 1 });
    expect(await bench.store.incidents({ limit: 10 })).toHaveLength(1);
  });

  it('answers not before the write', async () => {
    let stored: (result: IntakeResult) => void = () => {};
    const app = await serve(answering(() => new Promise((resolve) => (stored = resolve))));
    let answered = false;

    const answer = post(app, bodyOf([])).then((response) => {
      answered = true;
      return response;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    const before = answered;
    stored(NOTHING);

    expect(before).toBe(false);
    expect((await answer).statusCode).toBe(200);
  });

  it.each([
    ['a wrong token', bodyOf([]), { authorization: 'Bearer wrong' }, 401, 'unauthenticated', 'http_config'],
    ['a body that is no webhook', '{"text":"x"}', {}, 400, 'body-malformed', 'version'],
    ['no body', '', {}, 400, 'body-malformed', 'body'],
    [
      'a body that is too large',
      bodyOf([alertOf({ annotations: { x: 'x'.repeat(11_000) } })]),
      {},
      413,
      'body-too-large',
      'intake.maxBodyBytes',
    ],
    [
      'another type',
      'a=b',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'usage-invalid',
      'application/json',
    ],
    ['a compressed body', bodyOf([]), { 'content-encoding': 'gzip' }, 415, 'usage-invalid', 'gzip'],
  ])('refuses %s and says what to change', async (_name, payload, headers, status, code, says) => {
    const { app, bench } = await open();

    const answer = await post(app, payload, headers);

    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ error: { code, message: expect.stringContaining(says) } });
    expect(await bench.store.incidents({ limit: 10 })).toEqual([]);
  });

  it.each(['overloaded', 'store-unavailable'] as const)('answers 503 and when to come back for %s', async (code) => {
    const app = await serve(answering(() => Promise.reject(new HaleError(code, 'not now'))));

    const answer = await post(app, bodyOf([]));

    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toEqual({ error: { code, message: 'not now' } });
  });

  it('says nothing of a defect', async () => {
    const app = await serve(answering(() => Promise.reject(new TypeError('hunter2 is undefined'))));

    const answer = await post(app, bodyOf([]));

    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('hunter2');
  });

  it('puts off requests beyond the bound, and takes them again afterwards', async () => {
    const waiting: ((result: IntakeResult) => void)[] = [];
    const app = await serve(
      answering(() => new Promise((resolve) => waiting.push(resolve))),
      {
        limits: { maxBodyBytes: 10_000, maxRequests: 1 },
      },
    );
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const send = () =>
      fetch(`${url}${ALERTS_PATH}`, {
        method: 'POST',
        body: bodyOf([]),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      });

    const first = send();
    while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = await send();
    waiting[0]?.(NOTHING);
    const firstStatus = (await first).status;
    const third = send();
    while (waiting.length === 1) await new Promise((resolve) => setImmediate(resolve));
    waiting[1]?.(NOTHING);

    expect([firstStatus, second.status, (await third).status]).toEqual([200, 503, 200]);
  });
});

describe('hostile senders', () => {
  async function talk(app: FastifyInstance, text: string): Promise<string> {
    const { port } = new URL(await app.listen({ port: 0, host: '127.0.0.1' }));
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }
  const head = (more: string) =>
    `POST ${ALERTS_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${TOKEN}\r\n${more}\r\n`;

  it('one that never ends its body is cut off', async () => {
    const { app } = await open();

    expect(await talk(app, `${head('content-length: 100\r\n')}{"ver`)).toContain('408');
  });

  it('one that announces too much is refused before its body', async () => {
    const { app } = await open();

    expect(await talk(app, head('content-length: 99999999\r\n'))).toContain('413');
  });

  it('one that streams too much without announcing it is refused on the way', async () => {
    const { app } = await open();
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;

    expect(await talk(app, `${head('transfer-encoding: chunked\r\n')}${chunk.repeat(4)}`)).toContain('413');
  });

  it('one without a credential is refused before its body', async () => {
    const { app } = await open();
    const text = head('content-length: 100\r\n').replace(TOKEN, 'wrong');

    expect(await talk(app, text)).toContain('401');
  });
});
