import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Command, startCommand } from './command.ts';
import { type ShopWorld, startShopWorld, until } from './shop-world.ts';

/* One daemon, started as a person starts it, is sent all of this in turn and has to be there at the end. */

let world: ShopWorld;
let hale: Command;
let url = '';
const TOKEN = 'token-of-this-test-only';
const MARK = 'hale-injected';
const LOOK_MS = 15_000;
/** Beside all the other tests a start takes its time. */
const STARTS_MS = 30_000;

beforeAll(async () => {
  world = await startShopWorld({ factor: 1, more: MORE });
  hale = startCommand(['run', '--config', world.configFile], world.env);
  url = await until(
    'a daemon that listens',
    STARTS_MS,
    () => /"url":"(http[^"]+)"/.exec(hale.output())?.[1],
    () => hale.output(),
  );
  await until(
    'a ready daemon',
    STARTS_MS,
    async () => ((await fetch(`${url}/readyz`)).ok ? true : undefined),
    () => hale.output(),
  );
}, 2 * STARTS_MS);
afterAll(async () => {
  hale.kill('SIGKILL');
  await hale.ended;
  await world.end();
});

const MORE = 'workflow: { settle: 1s }\n';

function alertOf(labels: Record<string, string>, more: object = {}): object {
  return {
    status: 'firing',
    labels: { alertname: 'HighLatency', namespace: 'shop', ...labels },
    annotations: {},
    startsAt: '2026-01-05T12:00:00.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    ...more,
  };
}

function bodyOf(alerts: unknown, version = '4'): string {
  return JSON.stringify({ version, receiver: 'hale', status: 'firing', groupKey: '{}', truncatedAlerts: 0, alerts });
}

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly message: string;
  readonly accepted: number | undefined;
}

async function post(body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
    body,
  });
  const answer = (await response.json()) as { accepted?: number; error?: { code: string; message: string } };
  return {
    status: response.status,
    code: answer.error?.code,
    message: answer.error?.message ?? '',
    accepted: answer.accepted,
  };
}

const MANY = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`label_${index}`, 'x']));

describe('a webhook body', () => {
  it.each<[string, string, Record<string, string>, number, string, RegExp]>([
    ['of another version', bodyOf([], '3'), {}, 400, 'body-malformed', /version: expected "4", found "3"/],
    ['that is not JSON', '{"version": "4", alerts', {}, 400, 'body-malformed', /not JSON/],
    ['that is empty', '', {}, 400, 'body-malformed', /0 characters/],
    ['without a list of alerts', bodyOf({}), {}, 400, 'body-malformed', /alerts: expected a list/],
    [
      'with a status of its own',
      bodyOf([alertOf({}, { status: 'maybe' })]),
      {},
      400,
      'body-malformed',
      /alerts\[0\].status/,
    ],
    ['with 5,000 labels', bodyOf([alertOf(MANY(5_000))]), {}, 400, 'body-malformed', /maxLabelsPerAlert/],
    [
      'with a label of 1 MB',
      bodyOf([alertOf({ a: 'x'.repeat(1_000_000) })]),
      {},
      400,
      'body-malformed',
      /maxLabelBytes/,
    ],
    [
      'with a million lines in a label',
      bodyOf([alertOf({ a: '\n'.repeat(1_000_000) })]),
      {},
      400,
      'body-malformed',
      /maxLabelBytes/,
    ],
    ['of a million lines', `[\n${'{ },\n'.repeat(1_000_000)}{}]`, {}, 413, 'body-too-large', /maxBodyBytes/],
    [
      'of 10,000 alerts',
      bodyOf(Array.from({ length: 10_000 }, () => alertOf({}))),
      {},
      400,
      'body-malformed',
      /maxAlertsPerBody/,
    ],
    [
      'with __proto__ for a label',
      bodyOf([alertOf({})]).replace('"namespace"', '"__proto__"'),
      {},
      400,
      'body-malformed',
      /__proto__/,
    ],
    ['nested 100,000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}, 400, 'body-malformed', /an object/],
    [
      'with another token',
      bodyOf([alertOf({})]),
      { authorization: 'Bearer guess' },
      401,
      'unauthenticated',
      /credential/,
    ],
    ['without a token', bodyOf([alertOf({})]), { authorization: '' }, 401, 'unauthenticated', /credential/],
    [
      'that calls itself text',
      bodyOf([alertOf({})]),
      { 'content-type': 'text/plain' },
      415,
      'usage-invalid',
      /application\/json/,
    ],
    [
      'that is compressed',
      bodyOf([alertOf({})]),
      { 'content-encoding': 'gzip' },
      415,
      'usage-invalid',
      /content-encoding/,
    ],
  ])('%s is refused, with what to change', async (_name, body, headers, status, code, message) => {
    const answer = await post(body, headers);

    expect({ status: answer.status, code: answer.code }).toEqual({ status, code });
    expect(answer.message).toMatch(message);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('that tries PromQL, YAML, a shell, a path and a terminal is text, and nothing else', async () => {
    const file = join(world.folder, MARK);
    const texts = [
      `shop"} or vector(1) # ${MARK}`,
      `"; touch ${file}; echo "`,
      `$(touch ${file})`,
      `\`touch ${file}\``,
      `../../../../${file}`,
      `!!js/function "() => require('fs').writeFileSync('${file}', '')"`,
      `orders/../../../../api/v1/secrets?${MARK}`,
      `\u001b]0;${MARK}\u0007`,
      `%s%n\${jndi:ldap://127.0.0.1/${MARK}}`,
    ];
    const alerts = texts.flatMap((text, index) => [
      alertOf({ pod: text, number: `pod ${index}` }),
      alertOf({ namespace: text, deployment: text, number: `namespace ${index}` }, { annotations: { summary: text } }),
    ]);

    const answer = await post(bodyOf(alerts));
    // All of them have been looked at when they are with a person, or are watched, for their namespace is none that Hale was given.
    const ended = await until('all with a person, or watched', LOOK_MS, async () => {
      const of = async (phase: string) =>
        ((await (await fetch(`${url}/api/v1/incidents?phase=${phase}`)).json()) as { incidents: unknown[] }).incidents;
      const [escalated, watching] = [await of('escalated'), await of('watching')];
      return escalated.length + watching.length >= alerts.length ? { escalated, watching } : undefined;
    });

    expect(answer).toMatchObject({ status: 200, accepted: alerts.length });
    expect(ended.escalated).toHaveLength(texts.length);
    expect(ended.watching).toHaveLength(texts.length);
    expect(existsSync(file)).toBe(false);
    const asked = world.simulation.kubernetes.requests();
    expect(asked.filter(({ path, query, body }) => `${path}?${query} ${body}`.includes('secrets'))).toEqual([]);
    expect(world.scaleWrites()).toBe(0);
  });

  it('is taken after all of this', async () => {
    expect(await post(bodyOf([alertOf({ deployment: 'catalog' })]))).toMatchObject({ status: 200, accepted: 1 });
  });
});

describe('a slow sender', () => {
  it.each([
    ['that never ends its headers', 'POST /api/v1/alerts HTTP/1.1\r\nhost: x\r\n'],
    [
      'that never ends its body',
      `POST /api/v1/alerts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${TOKEN}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
    ],
  ])('%s is cut off, and others are served meanwhile', async (_name, start) => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(start);

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await closed;

    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('a process', () => {
  it('on a store that another one holds is refused', async () => {
    const second = startCommand(['run', '--config', world.configFile], world.env);

    const { code } = await second.ended;

    expect(code).toBe(1);
    expect(second.output()).toMatch(/\[store-locked\]/);
    expect(second.output()).toContain('store.db');
  });

  it('with a key that is not known is refused, with file, line and what is meant', async () => {
    const file = join(world.folder, 'wrong.yaml');
    writeFileSync(file, 'apiVersion: hale/v1\nkind: Config\nlisten:\n  prot: 8090\n');
    const wrong = startCommand(['run', '--config', file], world.env);

    const { code } = await wrong.ended;

    expect(code).toBe(2);
    expect(wrong.output()).toMatch(/wrong\.yaml:4/);
    expect(wrong.output()).toMatch(/prot/);
    expect(wrong.output()).toMatch(/\bport\b/);
  });

  it('asked to end does so with code 0, with a request under way, and listens no more', async () => {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port) });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write('POST /api/v1/alerts HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n');

    hale.kill('SIGTERM');
    const end = await hale.ended;

    expect(end).toEqual({ code: 0, signal: null });
    expect(hale.output()).toContain('"msg":"stopped"');
    await closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed');
  });
});
