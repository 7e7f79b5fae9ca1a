import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HaleError } from '../../domain/errors.ts';
import type { AlertIntake, IntakeResult } from '../../intake/alert-intake.ts';
import type { IntakeCredential } from '../../intake/authenticate.ts';
import type { ReadAlerts } from '../../intake/read-alerts.ts';
import { alertOf, bodyOf, type IntakeBench, openIntake } from '../../intake/testing/intake.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../server.ts';
import { alertsOptions, NOTHING } from '../testing/alerts.ts';
import { ALERTS_PATH } from './alerts-path.ts';

const TOKEN = 'first-token';
const CREDENTIALS: readonly IntakeCredential[] = [{ kind: 'bearer', token: { reveal: () => TOKEN } }];
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Served {
  readonly server: HttpServer;
  readonly answered: string[];
  readonly warned: string[];
}

async function serve(
  intake: AlertIntake,
  limits: Partial<HttpServerOptions['alerts']['limits']> = {},
): Promise<Served> {
  const answered: string[] = [];
  const warned: string[] = [];
  const warn = (data: Record<string, unknown>, message: string): void =>
    void warned.push(`${message} ${String(data['code'])} ${String(data['status'])}`);
  const server = await createHttpServer({
    listen: { host: '127.0.0.1', port: 0, tls: null },
    operations: {} as HttpServerOptions['operations'],
    alerts: alertsOptions(CREDENTIALS, intake, limits),
    tokens: [],
    readiness: async () => ({ ready: true, checks: [] }),
    metricsText: async () => ({ contentType: 'text/plain', body: '' }),
    limits: { bodyTimeoutMs: 300, maxConnections: 50, maxEventLoopDelayMs: 60_000 },
    log: { info: warn, warn, error: warn },
    onAnswer: (route, status) => void answered.push(`${route} ${status}`),
  });
  stops.push(() => server.close(100));
  return { server, answered, warned };
}

async function open(): Promise<Served & { readonly bench: IntakeBench }> {
  const bench = await openIntake();
  stops.push(() => bench.close());
  return { ...(await serve(bench.storing)), bench };
}

/** An intake that gives one answer. */
const answering = (take: (alerts: ReadAlerts) => Promise<IntakeResult>): AlertIntake => ({ take });

function post({ server }: Served, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}${ALERTS_PATH}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
}

const turns = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('POST /api/v1/alerts', () => {
  it('answers 200 with counts once the alerts are stored', async () => {
    const served = await open();

    const answer = await post(served, bodyOf([alertOf()]));

    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe('{"accepted":1,"duplicates":0,"ignored":0,"watchdog":0,"incidentsOpened":1}');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    expect(await served.bench.store.incidents({ limit: 10 })).toHaveLength(1);
    expect(served.answered).toEqual([`${ALERTS_PATH} 200`]);
  });

  it('answers not before the write', async () => {
    const stored = Promise.withResolvers<IntakeResult>();
    const begun = Promise.withResolvers<void>();
    const served = await serve(answering(() => (begun.resolve(), stored.promise)));
    let answered = false;

    const answer = post(served, bodyOf([])).then((response) => {
      answered = true;
      return response;
    });
    await begun.promise;
    for (let turn = 0; turn < 10; turn += 1) await turns();
    const before = answered;
    stored.resolve(NOTHING);

    expect(before).toBe(false);
    expect((await answer).status).toBe(200);
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
    const served = await open();

    const answer = await post(served, payload, headers);

    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: { code, message: expect.stringContaining(says) } });
    expect(await served.bench.store.incidents({ limit: 10 })).toEqual([]);
    expect(served.warned).toEqual([`Alerts were refused ${code} ${status}`]);
    expect(served.answered).toEqual([`${ALERTS_PATH} ${status}`]);
  });

  it.each(['overloaded', 'store-unavailable'] as const)('answers 503 and when to come back for %s', async (code) => {
    const served = await serve(answering(() => Promise.reject(new HaleError(code, 'not now'))));

    const answer = await post(served, bodyOf([]));

    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toEqual({ error: { code, message: 'not now' } });
  });

  it('says nothing of a defect', async () => {
    const served = await serve(answering(() => Promise.reject(new TypeError('hunter2 is undefined'))));

    const answer = await post(served, bodyOf([]));

    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('hunter2');
  });

  it('puts off requests beyond the bound, and takes them again afterwards', async () => {
    const waiting: ((result: IntakeResult) => void)[] = [];
    const served = await serve(
      answering(() => new Promise((resolve) => waiting.push(resolve))),
      { maxRequests: 1 },
    );

    const first = post(served, bodyOf([]));
    while (waiting.length === 0) await turns();
    const second = await post(served, bodyOf([]));
    waiting[0]?.(NOTHING);
    const firstStatus = (await first).status;
    const third = post(served, bodyOf([]));
    while (waiting.length === 1) await turns();
    waiting[1]?.(NOTHING);

    expect([firstStatus, second.status, (await third).status]).toEqual([200, 503, 200]);
  });

  it('redacts before anything reaches the thread that stores', async () => {
    let taken = '';
    const served = await serve(
      answering(async (alerts) => {
        taken = JSON.stringify(alerts);
        return NOTHING;
      }),
    );

    await post(served, bodyOf([alertOf({ annotations: { description: 'password=hunter2' } })]));

    expect(taken).toContain('<redacted:secret>');
    expect(taken).not.toContain('hunter2');
  });
});

describe('hostile senders', () => {
  async function talk({ server }: Served, text: string): Promise<string> {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }
  const head = (more: string) =>
    `POST ${ALERTS_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer ${TOKEN}\r\n${more}\r\n`;

  it('one that never ends its body is cut off', async () => {
    expect(await talk(await open(), `${head('content-length: 100\r\n')}{"ver`)).toContain('408');
  });

  it('one that announces too much is refused before its body', async () => {
    expect(await talk(await open(), head('content-length: 99999999\r\n'))).toContain('413');
  });

  it('one that streams too much without announcing it is refused on the way', async () => {
    const chunk = `1000\r\n${'x'.repeat(0x1000)}\r\n`;

    expect(await talk(await open(), `${head('transfer-encoding: chunked\r\n')}${chunk.repeat(4)}`)).toContain('413');
  });

  it('one without a credential is refused before its body', async () => {
    expect(await talk(await open(), head('content-length: 100\r\n').replace(TOKEN, 'wrong'))).toContain('401');
  });

  it('a connection goes on after a body that was refused for what it says', async () => {
    const bad = '{"text":"x"}';
    const good = bodyOf([]);
    const of = (body: string, more = '') => `${head(`content-length: ${Buffer.byteLength(body)}\r\n${more}`)}${body}`;

    const answer = await talk(await open(), `${of(bad)}${of(good, 'connection: close\r\n')}`);

    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
  });
});
