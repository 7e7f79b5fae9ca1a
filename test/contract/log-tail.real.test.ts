import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createElasticsearch } from '../../src/adapters/elasticsearch/index.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { findElasticsearch, type RealElasticsearch, startRealElasticsearch } from './real-elasticsearch.ts';
import { openTailWorld, type TailWorld } from './tail-world.ts';

const program = await findElasticsearch('a real Elasticsearch');
const MINUTE_MS = 60_000;

describe.skipIf(program === null)('the tail of a real Elasticsearch', { timeout: 180_000 }, () => {
  let server: RealElasticsearch;
  let folder: string;
  const opened: TailWorld[] = [];
  let next = 0;

  beforeAll(async () => {
    server = await startRealElasticsearch(program ?? '');
    folder = mkdtempSync(join(tmpdir(), 'hale-tail-'));
  }, 180_000);
  afterEach(async () => {
    for (const { store } of opened.splice(0)) await store.close();
  });
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  const newName = (): string => `logs-test-${(next += 1)}`;
  const storePath = (name: string): string => join(folder, `${name}.db`);
  async function open(index: string, settings: Parameters<typeof openTailWorld>[2] = {}): Promise<TailWorld> {
    const source = createElasticsearch({ url: server.url, indices: [index], timeoutMs: 10_000 });
    const world = await openTailWorld(source, storePath(index), settings);
    opened.push(world);
    return world;
  }
  const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
  const events = (count: number, message: string, agoMs = 1_000) =>
    Array.from({ length: count }, (_, at) => ({ '@timestamp': ago(agoMs + at), message }));

  it('counts each document once, over several pages and passes', async () => {
    const index = newName();
    await server.index(index, events(250, 'one'));
    const world = await open(index);

    const first = await world.tail.pass();
    await server.index(index, events(30, 'two', 0));
    const second = await world.tail.pass();
    const third = await world.tail.pass();

    expect([first.counted, second.counted, third.counted]).toEqual([250, 30, 0]);
    expect(await world.byTemplate()).toEqual({ one: 250, two: 30 });
  });

  it('takes what comes late and out of order, as long as it is not too late', async () => {
    const index = newName();
    const world = await open(index);
    await server.index(index, events(10, 'current'));
    await world.tail.pass();

    await server.index(index, events(5, 'late', 40_000));
    await server.index(index, events(5, 'much too late', 10 * MINUTE_MS));
    await world.tail.pass();

    expect(await world.byTemplate()).toEqual({ current: 10, late: 5 });
  });

  it('goes along event.ingested where documents have it: then an old event that arrives now is new', async () => {
    const index = newName();
    await server.request('PUT', `/${index}`, {
      mappings: { properties: { event: { properties: { ingested: { type: 'date' } } } } },
    });
    const world = await open(index);
    const stamped = (message: string, written: number) => ({
      '@timestamp': ago(written),
      event: { ingested: ago(0) },
      message,
    });
    await server.index(index, [stamped('fresh', 1_000), { '@timestamp': ago(0), message: 'without' }]);
    await world.tail.pass();

    await server.index(index, [stamped('an hour late', 60 * MINUTE_MS), stamped('ahead', -60 * MINUTE_MS)]);
    await world.tail.pass();

    expect(await world.byTemplate()).toEqual({ fresh: 1, without: 1, 'an hour late': 1, ahead: 1 });
    expect(world.metered.get('time-future')).toBe(1);
  });

  it('a document from the future waits for its time, and holds up no other', async () => {
    const index = newName();
    const world = await open(index);
    await server.index(index, [...events(3, 'now'), { '@timestamp': '2099-01-01T00:00:00Z', message: 'future' }]);
    await world.tail.pass();
    await server.index(index, events(3, 'later', 0));
    await world.tail.pass();

    expect(await world.byTemplate()).toEqual({ now: 3, later: 3 });
  });

  it('keeps milliseconds and nanoseconds apart, and reads keys that mean harm', async () => {
    const index = newName();
    await server.request('PUT', `/${index}-nanos`, {
      mappings: { properties: { '@timestamp': { type: 'date_nanos' } } },
    });
    await server.request('PUT', `/${index}-millis`, {
      mappings: { dynamic: false, properties: { '@timestamp': { type: 'date' } } },
    });
    await server.index(`${index}-nanos`, [{ '@timestamp': ago(1_000).replace('Z', '123456Z'), message: 'nanos' }]);
    const harm = JSON.parse(`{"@timestamp":"${ago(2_000)}","message":"harm","__proto__":{"level":"fatal"}}`) as object;
    await server.index(`${index}-millis`, [harm]);
    const world = await open(`${index}-*`);

    await world.tail.pass();

    expect(await world.byTemplate()).toEqual({ nanos: 1, harm: 1 });
  });

  it('a data stream is read by its name', async () => {
    const index = newName();
    await server.request('PUT', `/_index_template/${index}`, {
      index_patterns: [`${index}*`],
      data_stream: {},
      priority: 500,
    });
    await server.index(index, events(7, 'streamed'));
    const world = await open(index);

    await world.tail.pass();

    expect(await world.byTemplate()).toEqual({ streamed: 7 });
  });

  it('goes on where it was after the index was deleted while it was read, and made again', async () => {
    const index = newName();
    await server.index(index, events(10, 'before'));
    const source = createElasticsearch({ url: server.url, indices: [index], timeoutMs: 10_000 });
    const world = await openTailWorld(
      {
        ...source,
        async open() {
          const view = await source.open();
          return {
            ...view,
            async page(request) {
              const page = await view.page(request);
              if (request.time === 'event' && request.after === null) await server.request('DELETE', `/${index}`);
              return page;
            },
          };
        },
      },
      storePath(index),
      { pageSize: 4 },
    );
    opened.push(world);

    const failure = await world.tail.pass().catch((error: unknown) => error);
    const whileGone = await source.open().catch((error: unknown) => error);
    await server.index(index, events(3, 'after', 0));
    await world.store.close();
    opened.pop();
    const again = await open(index);
    await again.tail.pass();

    expect(failure).toMatchObject({ code: 'logs-view-expired' });
    expect(whileGone).toSatisfy(
      (it: { code?: string; page?: unknown }) => it.code === 'logs-view-expired' || typeof it.page === 'function',
    );
    expect(await again.byTemplate()).toMatchObject({ after: 3 });
  });

  it('an expired view says so, and a new pass goes on', async () => {
    const index = newName();
    await server.index(index, events(10, 'one'));
    const source = createElasticsearch({ url: server.url, indices: [index], timeoutMs: 10_000 });
    const view = await source.open();
    await view.close();

    const request = { time: 'event', from: 0, to: Date.now(), size: 10, after: null } as const;

    await expect(view.page(request)).rejects.toMatchObject({ code: 'logs-view-expired', retryable: true });
  });

  it('reads on while the cluster takes no writes', async () => {
    const index = newName();
    await server.index(index, events(5, 'one'));
    await server.request('PUT', `/${index}/_settings`, { 'index.blocks.write': true });
    await server.request('PUT', '/_cluster/settings', { transient: { 'cluster.blocks.read_only': true } });
    try {
      const world = await open(index);

      expect(await world.tail.pass()).toMatchObject({ counted: 5 });
    } finally {
      await server.request('PUT', '/_cluster/settings', { transient: { 'cluster.blocks.read_only': null } });
    }
  });

  it('a reader that is killed at random, again and again, neither loses nor doubles one', async () => {
    const index = newName();
    const random = createRandom(7);
    const total = 3_000;
    const done = { written: 0 };
    await server.index(index, events(1, 'line'));
    done.written += 1;
    const writer = (async () => {
      while (done.written < total) {
        const count = Math.min(total - done.written, 50);
        await server.index(index, events(count, 'line', 0));
        done.written += count;
      }
    })();
    let kills = 0;
    while (done.written < total || kills < 5) {
      await readUntilKilled(index, random);
      kills += 1;
    }
    await writer;
    const world = await open(index);
    while ((await world.tail.pass()).counted > 0);

    expect(kills).toBeGreaterThanOrEqual(5);
    expect(await world.byTemplate()).toEqual({ line: total });
  });

  /** Starts a reader, and ends it with SIGKILL at a random moment after it has begun. */
  async function readUntilKilled(index: string, random: ReturnType<typeof createRandom>): Promise<void> {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'tail-child.ts'), server.url, index, storePath(index)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve) => {
      child.stdout.once('data', () => resolve());
      child.once('exit', () => resolve());
    });
    await new Promise((resolve) => setTimeout(resolve, random.uniform() * 400));
    child.kill('SIGKILL');
    await ended;
  }
});
