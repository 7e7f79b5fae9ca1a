import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createManualClock } from '../clock-for-tests.ts';
import { type KubeClient, KubeError } from './client.ts';
import { ListWatch } from './list-watch.ts';
import type { KubeObject, WatchEvent } from './types.ts';

const object = (name: string, resourceVersion: string): KubeObject => ({
  metadata: { name, namespace: 'n', uid: name, resourceVersion },
});

/** Answers lists from what the test sets, and hands out watches that the test writes to. */
function fakeServer() {
  const state = { items: [] as KubeObject[], version: '1', watchError: undefined as Error | undefined };
  const watches: { path: string; stream: PassThrough }[] = [];
  const refuse = () => Promise.reject(new Error('not part of this test'));
  const client: KubeClient = {
    access: { server: '', ca: '', token: '' },
    get: async <T>() => ({ metadata: { resourceVersion: state.version }, items: state.items }) as T,
    create: refuse,
    replace: refuse,
    patch: refuse,
    delete: refuse,
    close: () => undefined,
    async stream(path, signal) {
      const error = state.watchError;
      state.watchError = undefined;
      if (error) throw error;
      const stream = new PassThrough();
      signal.addEventListener('abort', () => stream.destroy(), { once: true });
      watches.push({ path, stream });
      return stream as unknown as IncomingMessage;
    },
  };
  const send = (event: WatchEvent<KubeObject>) => watches.at(-1)?.stream.write(`${JSON.stringify(event)}\n`);
  return { state, watches, client, send };
}

async function follow() {
  const server = fakeServer();
  const clock = createManualClock(0);
  const changes: string[] = [];
  const trouble: string[] = [];
  const listWatch = new ListWatch<KubeObject>({
    client: server.client,
    path: '/api/v1/pods',
    clock,
    onChange: ({ metadata }, change) => changes.push(`${metadata.name}@${metadata.resourceVersion} ${change}`),
    onTrouble: (line) => trouble.push(line),
  });
  server.state.items = [object('a', '1')];
  await listWatch.start();
  await clock.advance(0);
  return { ...server, clock, changes, trouble, listWatch };
}

test('tells what the list holds and what the watch adds, changes and deletes', async () => {
  const { send, changes, clock, listWatch, watches } = await follow();

  send({ type: 'ADDED', object: object('b', '2') });
  send({ type: 'MODIFIED', object: object('a', '3') });
  send({ type: 'BOOKMARK', object: object('', '9') });
  send({ type: 'DELETED', object: object('b', '10') });
  await clock.advance(0);

  expect(changes).toEqual(['a@1 present', 'b@2 present', 'a@3 present', 'b@10 deleted']);
  expect(listWatch.items().map((it) => it.metadata.name)).toEqual(['a']);
  expect(watches[0]?.path).toContain('resourceVersion=1');
  await listWatch.stop();
});

test('a watch that ends goes on from the last version, bookmarks included', async () => {
  const { send, clock, listWatch, watches } = await follow();

  send({ type: 'BOOKMARK', object: object('', '9') });
  watches[0]?.stream.end();
  await clock.advance(0);

  expect(watches).toHaveLength(2);
  expect(watches[1]?.path).toContain('resourceVersion=9');
  await listWatch.stop();
});

test('an expired watch lists anew and tells only the difference', async () => {
  const { send, state, changes, clock, listWatch, watches } = await follow();
  state.items = [object('c', '20')];
  state.version = '20';

  send({ type: 'ERROR', object: object('', '') });
  await clock.advance(0);

  expect(changes).toEqual(['a@1 present', 'c@20 present', 'a@1 deleted']);
  expect(watches.at(-1)?.path).toContain('resourceVersion=20');
  await listWatch.stop();
});

test.each([
  { error: new KubeError(410, 'Expired', 'too old'), lines: 0 },
  { error: new Error('connection reset'), lines: 1 },
])('after "$error.message" it tries again later, with $lines lines of trouble', async ({ error, lines }) => {
  const { state, trouble, clock, listWatch, watches } = await follow();
  state.watchError = error;

  watches[0]?.stream.end();
  await clock.advance(0);
  const before = watches.length;
  await clock.advance(250);

  expect(before).toBe(1);
  expect(watches).toHaveLength(2);
  expect(trouble).toHaveLength(lines);
  await listWatch.stop();
});
