import { afterEach, describe, expect, it } from 'vitest';
import { prepareCredentials } from '../../intake/authenticate.ts';
import { bodyOf } from '../../intake/testing/intake.ts';
import { alertsOptions, NOTHING } from '../testing/alerts.ts';
import { ALERTS_PATH } from './alerts-path.ts';
import type { DoorSettings, FromDoor, ToDoor } from './messages.ts';
import { serveDoor } from './serve.ts';

const PUT_OFF_AFTER_MS = 200;
const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** The door with a main thread that the test plays: it hears all that is said, and answers only when told to. */
async function open(giveUpAfterMs: number) {
  const { intake: _, ...alerts } = alertsOptions();
  const settings: DoorSettings = {
    host: '127.0.0.1',
    port: 0,
    tls: null,
    bodyTimeoutMs: 5_000,
    maxConnections: 50,
    maxApiBodyBytes: 1_000,
    putOffAfterMs: PUT_OFF_AFTER_MS,
    giveUpAfterMs,
    alerts: { ...alerts, credentials: prepareCredentials([]) },
  };
  const said: FromDoor[] = [];
  const heard = new Map<FromDoor['kind'], (message: FromDoor) => void>();
  let tell: (message: ToDoor) => void = () => undefined;
  serveDoor(settings, {
    post(message) {
      said.push(message);
      heard.get(message.kind)?.(message);
    },
    onMessage: (take) => (tell = take),
  });
  const next = (kind: FromDoor['kind']) => new Promise<FromDoor>((resolve) => heard.set(kind, resolve));
  const listening = await next('listening');
  const url = listening.kind === 'listening' ? listening.url : '';
  const close = async (withinMs = 0) => {
    const closed = next('closed');
    tell({ kind: 'close', withinMs });
    await closed;
  };
  closes.push(close);
  return { url, said, next, tell, close };
}

const post = (url: string): Promise<Response> =>
  fetch(`${url}${ALERTS_PATH}`, { method: 'POST', body: bodyOf([]), headers: { 'content-type': 'application/json' } });

describe('a main thread that is silent', () => {
  it('new alerts are put off at once, those that wait are answered when it speaks again', async () => {
    const door = await open(60_000);
    const asked = door.next('are-you-there');
    const first = post(door.url);
    await asked;
    await new Promise((resolve) => setTimeout(resolve, PUT_OFF_AFTER_MS + 100));

    const second = await post(door.url);
    door.tell({ kind: 'here' });
    const { warnings: _, ...result } = NOTHING;
    door.tell({ kind: 'outcomes', outcomes: [{ id: 0, result }] });

    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await first).status).toBe(200);
  });

  it('all that wait are answered 503 in the end, probes too', async () => {
    const door = await open(PUT_OFF_AFTER_MS);

    const answers = await Promise.all([post(door.url), fetch(`${door.url}/healthz`)]);

    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
  });

  it('an outcome that comes too late is passed over', async () => {
    const door = await open(PUT_OFF_AFTER_MS);
    const answer = await post(door.url);

    door.tell({ kind: 'outcomes', outcomes: [{ id: 0, error: { code: 'overloaded', message: 'late' } }] });

    expect(answer.status).toBe(503);
    expect(await answer.json()).not.toMatchObject({ error: { message: 'late' } });
  });
});

describe('passing on', () => {
  it('sends a body as it comes, one byte past the limit of the app at most by a piece', async () => {
    const door = await open(60_000);
    const requested = door.next('request');
    const answer = fetch(`${door.url}/api/v1/freeze`, { method: 'PUT', body: 'x'.repeat(900) });
    const ended = door.next('body-end');
    await requested;
    await ended;
    door.tell({ kind: 'answer', id: 0, status: 413, headers: { connection: 'close' }, body: Buffer.from('no') });

    const bytes = door.said.reduce((sum, message) => sum + (message.kind === 'body' ? message.bytes.length : 0), 0);
    expect([(await answer).status, bytes]).toEqual([413, 900]);
  });

  it('says that a sender went away', async () => {
    const door = await open(60_000);
    const requested = door.next('request');
    const abort = new AbortController();
    const answer = fetch(`${door.url}/healthz`, { signal: abort.signal }).catch(() => 'gone');
    await requested;
    abort.abort();

    expect(await answer).toBe('gone');
  });
});

describe('closing', () => {
  it('lets alerts that are under way end, and takes no connection any more', async () => {
    const door = await open(60_000);
    const handed = door.next('alerts');
    const answer = post(door.url);
    await handed;
    const closed = door.close(5_000);
    closes.pop();
    const { warnings: _, ...result } = NOTHING;
    door.tell({ kind: 'outcomes', outcomes: [{ id: 0, result }] });

    expect((await answer).status).toBe(200);
    await closed;
    await expect(post(door.url)).rejects.toThrow('fetch failed');
  });
});
