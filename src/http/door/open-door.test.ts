import Fastify from 'fastify';
import { afterEach, expect, it, vi } from 'vitest';
import { alertOf, bodyOf } from '../../intake/testing/intake.ts';
import { alertsOptions } from '../testing/alerts.ts';
import { ALERTS_PATH } from './alerts-path.ts';
import { type Door, openDoor } from './open-door.ts';

const doors: Door[] = [];
afterEach(async () => {
  for (const door of doors.splice(0)) await door.close(0);
});

const SMALL_HEAP_MB = 24;
const HUGE_BYTES = 64 * 1024 * 1024;

async function open(maxHeapMb?: number, app = Fastify()): Promise<Door> {
  const limits = { maxBodyBytes: HUGE_BYTES, maxPendingBytes: HUGE_BYTES, maxAlertsPerBody: 1_000_000 };
  const { intake, ...alerts } = alertsOptions([], undefined, limits);
  const settings = {
    host: '127.0.0.1',
    port: 0,
    tls: null,
    bodyTimeoutMs: 60_000,
    maxConnections: 10,
    maxApiBodyBytes: 1_000,
    putOffAfterMs: 60_000,
    giveUpAfterMs: 60_000,
    alerts,
  };
  const ignore = (): void => undefined;
  app.get('/healthz', async () => ({ alive: true }));
  const door = await openDoor(
    { settings, app, intake, onWarning: ignore, onAnswer: ignore, onNotRead: ignore },
    maxHeapMb,
  );
  doors.push(door);
  return door;
}

it('a thread that dies is told, while the process lives on to say so', async () => {
  const door = await open(SMALL_HEAP_MB);
  const body = bodyOf(Array.from({ length: 60_000 }, () => alertOf()));

  const answer = await fetch(`${door.url}${ALERTS_PATH}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  }).catch(() => 'cut off');

  expect(answer).toBe('cut off');
  expect((await door.failed).message).toMatch(/memory/);
}, 60_000);

it('one that was asked to close is closed within the bound, though a connection stays open', async () => {
  const door = await open();
  expect((await fetch(`${door.url}/healthz`)).status).toBe(200);

  const failed = vi.fn<(error: Error) => void>();
  void door.failed.then(failed);

  await door.close(50);
  await door.close(50);

  await expect(fetch(`${door.url}/healthz`)).rejects.toThrow('fetch failed');
  expect(failed).not.toHaveBeenCalled();
});

it('a request that the app cannot answer is answered all the same', async () => {
  const app = Fastify();
  const door = await open(undefined, app);
  await app.close();

  const answer = await fetch(`${door.url}/healthz`);

  expect(answer.status).toBe(500);
  expect(await answer.json()).toMatchObject({ error: { code: 'internal-error' } });
});
