import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createElasticsearch } from '../../src/adapters/elasticsearch/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { startLogTail } from '../../src/app/log-tails.ts';
import { createPatternMemory } from '../../src/log-intake/pattern-memory.ts';
import { createFirstLinePatterns } from '../../src/log-intake/testing/first-line-patterns.ts';
import { NORMALISE_DEFAULTS } from '../../src/log-records/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { type AnsweringElasticsearch, startAnsweringElasticsearch, type Trouble } from './answering-elasticsearch.ts';
import { openTailWorld, type TailWorld } from './tail-world.ts';

const PAGE = 10;
const TIMEOUT_MS = 400;

let server: AnsweringElasticsearch;
let world: TailWorld;
let folder = '';
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hale-tail-faults-'));
  server = await startAnsweringElasticsearch();
  await reopen();
});
afterEach(async () => {
  await world.store.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function reopen(): Promise<void> {
  const source = createElasticsearch({ url: server.url, indices: ['logs'], timeoutMs: TIMEOUT_MS });
  world = await openTailWorld(source, join(folder, 'store.db'), { pageSize: PAGE });
}

function write(count: number, message: string, agoMs = 1_000): void {
  for (let at = 0; at < count; at += 1)
    server.documents.push({ '@timestamp': new Date(Date.now() - agoMs + at).toISOString(), message });
}

const TROUBLES: readonly (readonly [string, Trouble, string])[] = [
  ['a shard fails', 'shard-failed', 'logs-unavailable'],
  ['it runs out of time and answers with a part', 'timed-out', 'logs-unavailable'],
  ['it does not answer', 'no-answer', 'logs-unavailable'],
  ['the connection is cut in the middle of an answer', 'cut', 'logs-unavailable'],
  ['something on the way answers instead', 'not-json', 'logs-unavailable'],
  ['it is too busy', { status: 429, type: 'es_rejected_execution_exception' }, 'logs-unavailable'],
  ['a circuit breaker trips', { status: 429, type: 'circuit_breaking_exception' }, 'logs-unavailable'],
  ['it has no master', { status: 503, type: 'cluster_block_exception' }, 'logs-unavailable'],
  ['it fails inside', { status: 500, type: 'search_phase_execution_exception' }, 'logs-unavailable'],
  ['a gateway waits in vain', { status: 504, type: 'gateway_timeout' }, 'logs-unavailable'],
  ['the view has expired', { status: 404, type: 'search_context_missing_exception' }, 'logs-view-expired'],
  ['the index was deleted', { status: 404, type: 'index_not_found_exception' }, 'logs-view-expired'],
  ['the credential is wrong', { status: 401, type: 'security_exception' }, 'logs-forbidden'],
  ['the key may not read it', { status: 403, type: 'security_exception' }, 'logs-forbidden'],
  ['it takes the request for wrong', { status: 400, type: 'parsing_exception' }, 'logs-rejected'],
];

describe('the tail of an Elasticsearch in trouble', { timeout: 30_000 }, () => {
  it.each(TROUBLES)('keeps what it has, and later goes on as if nothing had been: %s', async (_, trouble, code) => {
    write(35, 'line');
    // Twice: the client asks once again by itself where that may help.
    server.meet(trouble, 2, 2);

    const failure = await world.tail.pass().catch((error: unknown) => error);
    const kept = await world.total();
    server.recover();
    await world.store.close();
    await reopen();
    await world.tail.pass();
    await world.tail.pass();

    expect(failure).toMatchObject({ code });
    expect(kept).toBeLessThan(35);
    expect(await world.byTemplate()).toEqual({ line: 35 });
    expect(server.openViews()).toBe(0);
  });

  it('counts what it read before a look failed', async () => {
    write(35, 'line');
    server.meet({ status: 429, type: 'es_rejected_execution_exception' }, 1, 3);

    await expect(world.tail.pass()).rejects.toMatchObject({ code: 'logs-unavailable' });

    expect(await world.byTemplate()).toEqual({ line: 20 });
    expect(world.metered.get('tail counted')).toBe(20);
  });

  it('opens a new view where the old one is gone', async () => {
    write(5, 'line');
    await world.tail.pass();
    server.expireViews();
    write(5, 'line');

    expect(await world.tail.pass()).toMatchObject({ counted: 5 });
  });

  it('says how many came too late to be read, once each', async () => {
    write(5, 'in time');
    await world.tail.pass();
    write(7, 'much too late', 10 * 60_000);
    const second = await world.tail.pass();
    const third = await world.tail.pass();

    expect([second.late, third.late]).toEqual([7, 0]);
    expect(await world.byTemplate()).toEqual({ 'in time': 5 });
  });

  it('says how many have no time at all', async () => {
    write(2, 'line');
    server.documents.push({ message: 'when was that?' }, { message: 'and that?' });
    await world.tail.pass();
    const source = createElasticsearch({ url: server.url, indices: ['logs'], timeoutMs: TIMEOUT_MS });

    expect(world.tail.untimed()).toBe(2);
    expect(await source.check()).toContain('2 have neither @timestamp nor event.ingested, and are not read');
    expect(await world.byTemplate()).toEqual({ line: 2 });
  });
});

describe('a tail that looks again and again', { timeout: 30_000 }, () => {
  it('waits longer and longer while it is told to, and is back in step with the first good look', async () => {
    write(5, 'line');
    server.meet({ status: 429, type: 'es_rejected_execution_exception' }, 4);
    const pauses: number[] = [];
    const looked = Promise.withResolvers<void>();
    const metrics = createMetrics(async () => undefined);
    const tail = await startLogTail(
      {
        name: 'logs',
        url: server.url,
        indices: ['logs'],
        auth: null,
        tls: null,
        intervalMs: 1_000,
        overlapMs: 10_000,
        lateForMs: 60_000,
        lateEveryMs: 1_000,
        sinceMs: 60_000,
        pageSize: PAGE,
        timeoutMs: TIMEOUT_MS,
        rememberIds: 1_000,
      },
      {
        deps: {
          patterns: createFirstLinePatterns(),
          redact: (text) => text,
          memory: createPatternMemory(),
          limits: NORMALISE_DEFAULTS,
        },
        store: world.store.logs,
        clock: {
          now: () => systemClock.now(),
          setTimer(delayMs, run) {
            pauses.push(delayMs);
            if (pauses.length < 6) return systemClock.setTimer(0, run);
            looked.resolve();
            return () => undefined;
          },
        },
        metrics,
        meter: { documents: () => undefined, oddity: () => undefined, overflowed: () => undefined },
        log: createLogger({ level: 'silent', redact: (line) => line }),
      },
    );
    await looked.promise;
    await tail.stop();

    expect(pauses).toEqual([2_000, 4_000, 8_000, 16_000, 1_000, 1_000]);
    expect(await world.byTemplate()).toEqual({ line: 5 });
  });
});
