import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { countedByTemplate } from '../../src/log-intake/testing/counted.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { freePorts } from '../contract/cluster-parts.ts';
import { findElasticsearch, type RealElasticsearch, startRealElasticsearch } from '../contract/real-elasticsearch.ts';
import { type HaleProcess, type ShopWorld, startShopWorld, until } from './shop-world.ts';

/*
 * The daemon killed with SIGKILL in the middle of a flood of log events, again and again, and in the long form (HALE_LONG=1) the Elasticsearch
 * that it reads as well. Shippers and writers repeat what was not answered. At the end the counts are what was sent: no more, no less.
 */
const LONG = process.env['HALE_LONG'] === '1';
const KILLS = LONG ? 12 : 3;
const PER_BODY = 50;
const SEED = 11;
const INDEX = 'logs-kill';

const USERS = ['amy', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal'] as const;
const KINDS: readonly (readonly [template: string, line: (n: number) => string])[] = [
  ['order <*> was placed', (n) => `order ${n} was placed`],
  ['payment took <*>', (n) => `payment took ${n} ms`],
  ['user <*> has logged in', (n) => `user ${USERS[n % USERS.length]} has logged in`],
  ['pool is exhausted', () => 'pool is exhausted'],
];

interface Flood {
  readonly sent: Record<string, number>;
  /** No further body is begun; resolves when the last was taken. */
  end(): Promise<void>;
}

/** Sends body after body, each until it is taken: ids tell what was taken of one whose answer got lost. */
function flood(url: string, prefix: string): Flood {
  const sent: Record<string, number> = {};
  const state = { ended: false };
  async function send(): Promise<void> {
    for (let body = 0; !state.ended; body += 1) {
      const lines: string[] = [];
      for (let at = 0; at < PER_BODY; at += 1) {
        const n = body * PER_BODY + at;
        const [template, line] = KINDS[n % KINDS.length] ?? ['', () => ''];
        sent[template] = (sent[template] ?? 0) + 1;
        const document = {
          '@timestamp': new Date().toISOString(),
          service: { name: 'orders' },
          message: line(Math.floor(n / KINDS.length)),
        };
        lines.push(JSON.stringify({ create: { _index: INDEX, _id: `${prefix}-${n}` } }), JSON.stringify(document));
      }
      while (!(await isTaken(url, `${lines.join('\n')}\n`))) await sleep(50);
    }
  }
  const work = send();
  return {
    sent,
    async end() {
      state.ended = true;
      await work;
    },
  };
}

async function isTaken(url: string, body: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/_bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'user-agent': 'test' },
      body,
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.status !== 200) return false;
    const { items } = (await answer.json()) as { items: { create: { status: number } }[] };
    return items.every(({ create: { status } }) => status === 201 || status === 409);
  } catch {
    // Refused, or cut: it is sent again.
    return false;
  }
}

async function passes(hale: HaleProcess): Promise<number> {
  const text = await (await fetch(`${hale.url}/metrics`)).text();
  return Number(/^hale_log_tail_passes_total\{target="real",outcome="complete"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

async function counted({ folder }: ShopWorld): Promise<Record<string, number>> {
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
  try {
    return await countedByTemplate(store.logs);
  } finally {
    await store.close();
  }
}

function sum(...of: readonly Record<string, number>[]): Record<string, number> {
  const out: Record<string, number> = {};
  for (const one of of) for (const [key, count] of Object.entries(one)) out[key] = (out[key] ?? 0) + count;
  return out;
}

describe('the daemon killed in a flood of log events', { timeout: LONG ? 900_000 : 180_000 }, () => {
  it('has counted at the end what shippers sent, by pattern', async () => {
    const random = createRandom(SEED);
    const [port = 0] = await freePorts(1);
    const world = await startShopWorld({ factor: 1, more: `logs: { intake: { host: 127.0.0.1, port: ${port} } }\n` });
    try {
      let hale = await world.startHale();
      const shippers = ['a', 'b', 'c'].map((prefix) => flood(`http://127.0.0.1:${port}`, prefix));
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(200 + random.uniform() * 1_000);
        await hale.kill();
        hale = await world.startHale();
      }
      for (const shipper of shippers) await shipper.end();
      await hale.stop();

      expect(await counted(world)).toEqual(sum(...shippers.map(({ sent }) => sent)));
    } finally {
      await world.end();
    }
  });
});

const program = LONG ? await findElasticsearch('kills under load') : null;

describe.skipIf(program === null)('Hale and Elasticsearch killed at random under load', { timeout: 1_800_000 }, () => {
  it('counts at the end what was written and what was sent, by pattern', async () => {
    const random = createRandom(SEED);
    const [port = 0] = await freePorts(1);
    const server = await startRealElasticsearch(program ?? '');
    const world = await startShopWorld({ factor: 1, more: bothDoors(port, server) });
    try {
      let hale = await world.startHale();
      const floods = [flood(`http://127.0.0.1:${port}`, 'shipper'), flood(server.url, 'writer')];
      for (let kill = 0; kill < KILLS; kill += 1) {
        await sleep(1_000 + random.uniform() * 4_000);
        if (random.uniform() < 0.4) await server.killAndStartAgain();
        else {
          await hale.kill();
          hale = await world.startHale();
        }
      }
      for (const one of floods) await one.end();
      await server.request('POST', `/${INDEX}/_refresh`);
      const before = await passes(hale);
      await until('two looks at all that was written', 120_000, async () =>
        (await passes(hale)) >= before + 2 ? true : undefined,
      );
      await hale.stop();

      expect(await counted(world)).toEqual(sum(...floods.map(({ sent }) => sent)));
    } finally {
      await world.end();
      await server.stop();
    }
  });
});

/** A writer waits while Elasticsearch starts again: so late a document may come. */
function bothDoors(port: number, server: RealElasticsearch): string {
  return `logs:
  intake: { host: 127.0.0.1, port: ${port} }
  elasticsearch:
    - { name: real, url: '${server.url}', indices: ['${INDEX}'], interval: 1s, lateFor: 15m, lateEvery: 1s, since: 15m }
`;
}
