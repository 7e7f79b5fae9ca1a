import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  connectKubernetes,
  type KubernetesConnection,
  type KubernetesOptions,
} from '../../src/adapters/kubernetes/index.ts';
import { type HaleError, isHaleError } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { type Answer, type BadServer, BROKEN_ANSWERS, json, raw, startBadServer } from './cluster-bad-server.ts';

const SUBJECT = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'u-1' };
const FENCE = { intentId: 'intent-1', deadline: Number.MAX_SAFE_INTEGER };
const WAIT = { timeout: 10_000, interval: 10 };

const CUT: Answer = (_request, response) => void response.destroy();
const SILENCE: Answer = () => {};

let server: BadServer;
let folder: string;
let tokenFile: string;
const connections: KubernetesConnection[] = [];

beforeEach(async () => {
  server = await startBadServer(raw(500, ''));
  folder = await mkdtemp(join(tmpdir(), 'hale-faults-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first');
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((it) => it.stop()));
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function connect(options: Partial<KubernetesOptions> = {}): Promise<KubernetesConnection> {
  const kubeconfig = join(folder, 'kubeconfig');
  const config = {
    clusters: [{ name: 'c', cluster: { server: server.url } }],
    users: [{ name: 'u', user: { tokenFile } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  await writeFile(kubeconfig, JSON.stringify(config));
  const connection = await connectKubernetes({
    kubeconfig,
    namespaces: '*',
    now: () => 1_000,
    timeoutMs: 200,
    startTimeoutMs: 100,
    watch: { firstBackOffMs: 5, maxBackOffMs: 20, idleLimitMs: 5_000 },
    ...options,
  });
  connections.push(connection);
  return connection;
}

async function failure(attempt: Promise<unknown>): Promise<HaleError> {
  const thrown: unknown = await attempt.then(
    () => new Error('this should have failed'),
    (error: unknown) => error,
  );
  if (!isHaleError(thrown)) throw thrown;
  return thrown;
}

const scaleOnce = ({ writer }: KubernetesConnection): Promise<void> =>
  writer.scale({ subject: SUBJECT, from: 2, to: 4 }, FENCE);

/** Lists of nothing, watches that stay silent, for every collection but the one that a test is about. */
function emptyCluster(plural: string, own: Answer): Answer {
  return (request, response) => {
    if (request.path.endsWith(`/${plural}`)) return own(request, response);
    if (request.query.has('watch')) return openWatch(response);
    return json(200, { metadata: { resourceVersion: '1' }, items: [] })(request, response);
  };
}

function openWatch(response: Parameters<Answer>[1], ...events: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  for (const event of events) response.write(`${JSON.stringify(event)}\n`);
}

function service(name: string, resourceVersion: string): unknown {
  return { metadata: { name, namespace: 'shop', uid: name, resourceVersion }, spec: { clusterIP: '10.0.0.1' } };
}

describe('a read', () => {
  it.each(BROKEN_ANSWERS)('that is answered with %s is cluster-unavailable', async (_what, answer) => {
    server.answer = answer;
    const { reader } = await connect();

    const error = await failure(reader.freshWorkload(SUBJECT));

    expect(error.code).toBe('cluster-unavailable');
    expect(error.details['maybeApplied']).toBe(false);
  });

  it.each([
    [500, 'cluster-unavailable'],
    [503, 'cluster-unavailable'],
    [429, 'cluster-unavailable'],
    [401, 'cluster-forbidden'],
    [403, 'cluster-forbidden'],
    [302, 'cluster-rejected'],
    [400, 'cluster-rejected'],
    [410, 'cluster-rejected'],
  ] as const)('that is refused with %d is %s', async (status, code) => {
    server.answer = json(status, { kind: 'Status', message: 'because' }, { location: 'http://elsewhere/' });
    const { reader } = await connect();

    const error = await failure(reader.freshWorkload(SUBJECT));

    expect(error.code).toBe(code);
    expect(error.details['status']).toBe(status);
  });

  it('says how long a throttling server wants to be left alone', async () => {
    server.answer = json(429, {}, { 'retry-after': '7' });
    const { reader } = await connect();

    const error = await failure(reader.version());

    expect(error.details['retryAfterMs']).toBe(7_000);
  });

  it('tries once more with the token as it is now when the old one was refused', async () => {
    server.answer = (request, response) =>
      request.headers.authorization === 'Bearer second'
        ? json(200, { gitVersion: 'v1.30.0' })(request, response)
        : json(401, {})(request, response);
    const { reader } = await connect();
    await failure(reader.version());
    await writeFile(tokenFile, 'second\n');

    const version = await reader.version();

    expect(version).toBe('Kubernetes v1.30.0');
    expect(server.seen.map((it) => it.headers.authorization)).toEqual([
      'Bearer first',
      'Bearer first',
      'Bearer first',
      'Bearer second',
    ]);
  });

  it('takes a missing KEDA for none, and a refusal to tell for an error', async () => {
    const empty = json(200, { metadata: {}, items: [] });
    const byPath =
      (keda: Answer): Answer =>
      (request, response) =>
        (request.path.includes('keda.sh') ? keda : empty)(request, response);
    const { reader } = await connect();

    server.answer = byPath(raw(404, '404 page not found'));
    const none = await reader.freshAutoscaler(SUBJECT);
    server.answer = byPath(json(403, { message: 'no' }));
    const refused = await failure(reader.freshAutoscaler(SUBJECT));

    expect(none).toBeNull();
    expect(refused.code).toBe('cluster-forbidden');
    expect(refused.message).toContain('missing permission: list scaledobjects.keda.sh (in namespace shop)');
  });

  it('finds the ScaledObject of KEDA that targets the workload, with the defaults of its kind', async () => {
    const scaled = { metadata: { name: 'orders-so', namespace: 'shop' }, spec: { scaleTargetRef: { name: 'orders' } } };
    server.answer = (request, response) =>
      json(200, { items: request.path.includes('keda.sh') ? [scaled] : [] })(request, response);
    const { reader } = await connect();

    const found = await reader.freshAutoscaler(SUBJECT);

    expect(found).toEqual({ name: 'orders-so', by: 'KEDA', minReplicas: 0, maxReplicas: 100 });
  });
});

describe('a write', () => {
  it.each([
    ['the answer is lost', CUT, true],
    ['no answer comes in time', SILENCE, true],
    ['the answer is cut short', raw(200, '{"spec":'), true],
    ['a page in HTML comes back', raw(200, '<html>'), true],
    ['the answer holds other replicas', json(200, { spec: { replicas: 3 } }), true],
    ['the server fails', json(500, { message: 'etcdserver: request timed out' }), true],
    ['the server times out', json(504, {}), true],
    ['the server throttles', json(429, {}), false],
    ['a permission is missing', json(403, {}), false],
    ['the credential is refused', json(401, {}), false],
    ['the request is refused as wrong', json(400, {}), false],
  ])('when %s: whether it may have been applied is said', async (_what, answer, maybeApplied) => {
    server.answer = answer;

    const error = await failure(scaleOnce(await connect()));

    expect(error.details['maybeApplied']).toBe(maybeApplied);
    expect(error.code).toBe(maybeApplied ? 'cluster-unavailable' : error.code);
    expect(error.code).not.toBe('world-moved');
  });

  it('is certain not to be applied when nobody listens', async () => {
    const connection = await connect();
    await server.stop();

    const error = await failure(scaleOnce(connection));

    expect(error).toMatchObject({ code: 'cluster-unavailable', details: { maybeApplied: false } });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('is never sent twice', async () => {
    server.answer = (_request, response) => void response.destroy();

    await failure(scaleOnce(await connect()));

    expect(server.seen).toHaveLength(1);
  });

  it('is sent until the deadline, and never from then on', async () => {
    let now = 999;
    const connection = await connect({ now: () => now });
    server.answer = json(200, { spec: { replicas: 4 } });
    const fence = { intentId: 'intent-1', deadline: 1_000 };

    await connection.writer.scale({ subject: SUBJECT, from: 2, to: 4 }, fence);
    now = 1_000;
    const expired = await failure(connection.writer.scale({ subject: SUBJECT, from: 4, to: 5 }, fence));

    expect(expired.code).toBe('intent-expired');
    expect(server.seen).toHaveLength(1);
  });

  it('tests UID and the old value, as field manager hale', async () => {
    server.answer = json(200, { spec: { replicas: 4 } });

    await scaleOnce(await connect());

    const [request] = server.seen;
    expect(request).toMatchObject({
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/shop/deployments/orders/scale',
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(request?.query.get('fieldManager')).toBe('hale');
    expect(JSON.parse(request?.body ?? '')).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'u-1' },
      { op: 'test', path: '/spec/replicas', value: 2 },
      { op: 'replace', path: '/spec/replicas', value: 4 },
    ]);
  });

  it.each([
    ['409', json(409, { reason: 'Conflict' })],
    ['404', json(404, { reason: 'NotFound' })],
  ])('that is answered with %s finds the world moved', async (_status, answer) => {
    server.answer = answer;

    const error = await failure(scaleOnce(await connect()));

    expect(error).toMatchObject({ code: 'world-moved', details: { maybeApplied: false } });
  });

  it('that is refused as invalid although nothing moved is rejected', async () => {
    const unchanged = { metadata: { name: 'orders', namespace: 'shop', uid: 'u-1' }, spec: { replicas: 2 } };
    server.answer = (request, response) =>
      (request.method === 'GET' ? json(200, unchanged) : json(422, { reason: 'Invalid' }))(request, response);

    const error = await failure(scaleOnce(await connect()));

    expect(error).toMatchObject({ code: 'cluster-rejected', details: { maybeApplied: false } });
  });

  it('escapes names, which come from outside', async () => {
    server.answer = json(404, {});
    const { reader } = await connect();

    await reader.freshWorkload({ ...SUBJECT, name: '../../../v1/secrets?x=' });

    expect(server.seen[0]?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/..%2F..%2F..%2Fv1%2Fsecrets%3Fx%3D');
  });
});

describe('the watched cache', () => {
  it.each([
    ...BROKEN_ANSWERS,
    ['500', raw(500, 'oops')] as const,
    ['429', json(429, {}, { 'retry-after': '0' })] as const,
  ])('comes into step after lists that were answered with %s', async (_what, answer) => {
    let broken = 2;
    server.answer = emptyCluster('services', (request, response) => {
      if (broken-- > 0) return answer(request, response);
      if (request.query.has('watch')) return openWatch(response);
      return json(200, { metadata: { resourceVersion: '5' }, items: [service('web', '5')] })(request, response);
    });
    const { reader, ...connection } = await connect({ timeoutMs: 60 });

    await connection.start();

    await expect.poll(() => reader.cacheState(), WAIT).toEqual({ state: 'ready' });
    expect(reader.services('shop')).toHaveLength(1);
  });

  it.each([
    ['an ERROR of 500', { type: 'ERROR', object: { kind: 'Status', code: 500, message: 'oops' } }],
    ['an event without an object', { type: 'ADDED' }],
    ['an object without a name', { type: 'ADDED', object: { metadata: { namespace: 'shop', resourceVersion: '6' } } }],
    ['a text', 'hello'],
    ['null', null],
  ])('survives a watch that brings %s, and resumes from where it was', async (_what, event) => {
    const resumedFrom: (string | null)[] = [];
    server.answer = emptyCluster('services', (request, response) => {
      if (!request.query.has('watch')) {
        return json(200, { metadata: { resourceVersion: '5' }, items: [] })(request, response);
      }
      resumedFrom.push(request.query.get('resourceVersion'));
      if (resumedFrom.length > 1) return openWatch(response);
      return openWatch(response, { type: 'ADDED', object: service('web', '6') }, event);
    });
    const { reader, ...connection } = await connect();

    await connection.start();

    await expect.poll(() => resumedFrom.length, WAIT).toBeGreaterThan(1);
    await expect.poll(() => reader.cacheState(), WAIT).toEqual({ state: 'ready' });
    expect(resumedFrom.slice(0, 2)).toEqual(['5', '6']);
    expect(reader.services('shop').map((it) => it.name)).toEqual(['web']);
  });

  it('lists page by page, begins anew when the list expired, and shows nothing of a list before its end', async () => {
    let expired = false;
    const shown: number[] = [];
    const { reader, ...connection } = await connect();
    server.answer = emptyCluster('services', (request, response) => {
      shown.push(reader.services('shop').length);
      if (request.query.has('watch')) return openWatch(response);
      if (request.query.get('continue') !== 'next') {
        const metadata = { resourceVersion: '5', continue: 'next' };
        return json(200, { metadata, items: [service('a', '1')] })(request, response);
      }
      if (!expired) {
        expired = true;
        return json(410, { reason: 'Expired' })(request, response);
      }
      return json(200, { metadata: { resourceVersion: '5' }, items: [service('b', '2')] })(request, response);
    });

    await connection.start();

    await expect.poll(() => reader.cacheState(), WAIT).toEqual({ state: 'ready' });
    expect(reader.services('shop').map((it) => it.name)).toEqual(['a', 'b']);
    expect(shown.slice(0, 4)).toEqual([0, 0, 0, 0]);
  });

  it('lists again after an ERROR of 410, and drops what is gone', async () => {
    let lists = 0;
    let watches = 0;
    server.answer = emptyCluster('services', (request, response) => {
      if (request.query.has('watch')) {
        watches += 1;
        if (watches > 1) return openWatch(response);
        return openWatch(response, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
      }
      lists += 1;
      const items = lists === 1 ? [service('old', '1')] : [service('new', '9')];
      return json(200, { metadata: { resourceVersion: '9' }, items })(request, response);
    });
    const { reader, ...connection } = await connect();

    await connection.start();

    await expect.poll(() => reader.services('shop').map((it) => it.name), WAIT).toEqual(['new']);
    await expect.poll(() => reader.cacheState(), WAIT).toEqual({ state: 'ready' });
  });

  it('asks for bookmarks and a bounded watch, and resumes from the version of a bookmark', async () => {
    const asked: URLSearchParams[] = [];
    server.answer = emptyCluster('services', (request, response) => {
      if (!request.query.has('watch')) {
        return json(200, { metadata: { resourceVersion: '5' }, items: [] })(request, response);
      }
      asked.push(request.query);
      openWatch(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: '77' } } });
      if (asked.length === 1) response.end();
    });

    await (await connect({ random: () => 0 })).start();

    await expect.poll(() => asked.length, WAIT).toBe(2);
    expect(asked[0]?.get('allowWatchBookmarks')).toBe('true');
    expect(asked[0]?.get('timeoutSeconds')).toBe('2');
    expect(asked[1]?.get('resourceVersion')).toBe('77');
  });

  it('waits longer from failure to failure, and as long as a throttling server says', async () => {
    const delaysMs: number[] = [];
    const ioClock: Clock = {
      now: () => Date.now(),
      setTimer(delayMs, run) {
        if (delayMs === 60_000 || delayMs === 90_000) return () => {};
        delaysMs.push(delayMs);
        const immediate = setImmediate(run);
        return () => clearImmediate(immediate);
      },
    };
    let refusals = 0;
    server.answer = emptyCluster('services', (_request, response) => {
      refusals += 1;
      if (refusals <= 4) return raw(500, '')(_request, response);
      if (refusals === 5) return json(429, {}, { 'retry-after': '30' })(_request, response);
      response.destroy();
    });

    const connection = await connect({
      ioClock,
      random: () => 1,
      timeoutMs: 60_000,
      startTimeoutMs: 90_000,
      watch: { firstBackOffMs: 100, maxBackOffMs: 1_000, idleLimitMs: 60_000 },
    });
    void connection.start();

    await expect.poll(() => delaysMs.length, WAIT).toBeGreaterThan(6);
    expect(delaysMs.slice(0, 6)).toEqual([100, 200, 400, 800, 30_000, 1_000]);
  });

  it('says since when it is behind, and what is missing', async () => {
    server.answer = emptyCluster('pods', json(403, { message: 'pods is forbidden' }));
    let now = 1_000;
    const { reader, ...connection } = await connect({ now: () => now });
    const starting = connection.start();
    now = 9_000;

    await starting;

    const state = reader.cacheState();
    expect(state).toMatchObject({ state: 'behind', since: 1_000 });
    expect(state).toHaveProperty(
      'detail',
      expect.stringContaining('missing permission: list pods (in the whole cluster)'),
    );
  });

  it('ends every connection on stop, also while it waits', async () => {
    server.answer = emptyCluster('services', raw(500, ''));
    const connection = await connect({ watch: { firstBackOffMs: 60_000, maxBackOffMs: 60_000 } });
    await connection.start();

    await connection.stop();

    const before = server.seen.length;
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    expect(server.seen).toHaveLength(before);
  });
});
