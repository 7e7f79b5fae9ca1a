import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakePods, fakeWorkload } from '../../test/fakes/cluster.ts';
import type { FakeSeries } from '../../test/fakes/metrics.ts';
import { fakeReadContext, NOBODY_CALLS } from '../../test/fakes/read-context.ts';
import { poolExhaustion } from './index.ts';
import { PoolExhaustionConfig } from './schema.ts';

interface Given {
  used?: number;
  max?: number;
  pending?: number;
  timeoutsPerS?: number;
  refusedPerS?: number;
  /** Connections open on a server with 100, 3 of them reserved; absent = no exporter; `down` = it cannot reach the server. */
  server?: number | 'down';
}

/** Pools of every pod under OpenTelemetry's names, and a PostgreSQL server; nothing is written that is not given. */
function writePools(series: FakeSeries, pods: readonly string[], now: number, given: Given) {
  const shape = { from: now - 300_000, to: now };
  for (const pod of pods) {
    const at = { namespace: 'shop', pod };
    const gauge = (name: string, value: number | undefined, labels = {}) => {
      if (value !== undefined)
        series.gauge({ __name__: `db_client_connection_${name}`, ...at, ...labels }, value, shape);
    };
    gauge('count', given.used, { db_client_connection_state: 'used' });
    gauge('max', given.max);
    gauge('pending_requests', given.pending);
    if (given.timeoutsPerS !== undefined)
      series.counter({ __name__: 'db_client_connection_timeouts_total', ...at }, given.timeoutsPerS, shape);
    if (given.refusedPerS !== undefined)
      series.counter({ __name__: 'db_client_errors_total', code: '53300', ...at }, given.refusedPerS, shape);
  }
  if (given.server === undefined) return;
  const server = { job: 'postgres', instance: 'db:9187' };
  series.gauge({ __name__: 'pg_up', ...server }, given.server === 'down' ? 0 : 1, shape);
  if (given.server === 'down') return;
  series.gauge({ __name__: 'pg_settings_max_connections', ...server }, 100, shape);
  series.gauge({ __name__: 'pg_settings_superuser_reserved_connections', ...server }, 3, shape);
  series.gauge({ __name__: 'pg_stat_activity_count', state: 'active', ...server }, given.server, shape);
}

const shopDb = { name: 'shop', matchers: { job: 'postgres' } };
const declared = { databases: [{ ...shopDb, usedBy: ['shop/orders'] }] };
const assumed = { databases: [shopDb] };
const FULL_AND_WAITING: Given = { used: 4, max: 4, pending: 3 };

function detect(given: Given, config: unknown = declared) {
  return detectIn(
    detectorWorld((series, pods, now) => writePools(series, pods, now, given)),
    poolExhaustion,
    config,
  );
}

describe('pool-exhaustion: waiting in the client while the server has room', () => {
  it('names the pool with all figures', async () => {
    const [finding] = await detect({ ...FULL_AND_WAITING, timeoutsPerS: 0.5, server: 20 });

    expect(finding).toMatchObject({
      reason: 'connection-pool-waiting',
      subject: { kind: 'Deployment', name: 'orders' },
      confidence: 0.95,
      figures: {
        used: 12,
        max: 12,
        maxPerReplica: 4,
        pending: 9,
        timeoutsPerS: 1.5,
        replicasReporting: 3,
        serverUsed: 20,
        serverMax: 100,
        serverReserved: 3,
      },
    });
    expect(finding?.summary).toBe(
      'Deployment shop/orders: 12 of 12 connections in use, 9 requests waiting, 1.5 time-outs/s; postgres has 20 of 97 usable connections open, 77 free',
    );
  });

  it.each<[string, Given, unknown, number]>([
    ['the only server is assumed', { ...FULL_AND_WAITING, server: 20 }, assumed, 0.9],
    ['no server is known', FULL_AND_WAITING, {}, 0.62],
    ['the server has no series', FULL_AND_WAITING, declared, 0.62],
    [
      'two servers, none declared',
      { ...FULL_AND_WAITING, server: 20 },
      { databases: [shopDb, { ...shopDb, name: 'other' }] },
      0.62,
    ],
    ['the pool does not tell its size', { used: 4, pending: 3, server: 20 }, declared, 0.75],
    ['requests time out', { ...FULL_AND_WAITING, pending: 0, timeoutsPerS: 1, server: 20 }, declared, 0.85],
    ['the pool is not full', { used: 1, max: 4, pending: 3, server: 20 }, declared, 0.5],
    ['full, waiting is not told', { used: 4, max: 4, server: 20 }, declared, 0.5],
  ])('is as sure as the facts allow: %s', async (_, given, config, confidence) => {
    const [finding] = await detect(given, config);

    expect(finding).toMatchObject({ reason: 'connection-pool-waiting', confidence });
  });

  it('leaves out figures of a server that is not known', async () => {
    const [finding] = await detect(FULL_AND_WAITING, {});

    expect(finding?.figures).not.toHaveProperty('serverMax');
    expect(finding?.summary).toContain('the database server is not known');
  });
});

describe('pool-exhaustion: the server has no room', () => {
  it.each<[string, Given, unknown, number]>([
    ['it refuses and is full', { used: 1, max: 4, refusedPerS: 2, server: 97 }, declared, 0.97],
    ['it refuses, nothing else is known', { refusedPerS: 2 }, {}, 0.85],
    [
      'it refuses though it has room: a limit of the role',
      { ...FULL_AND_WAITING, refusedPerS: 2, server: 20 },
      declared,
      0.8,
    ],
    ['it is full and requests wait', { ...FULL_AND_WAITING, server: 97 }, declared, 0.95],
    ['it is nearly full', { ...FULL_AND_WAITING, server: 93 }, declared, 0.95],
    ['it is full, assumed', { ...FULL_AND_WAITING, server: 97 }, assumed, 0.9],
    ['it is full, nobody waits yet', { used: 1, max: 4, pending: 0, server: 97 }, declared, 0.7],
    ['even its exporter cannot reach it', { ...FULL_AND_WAITING, server: 'down' }, declared, 0.5],
  ])('never blames the pool: %s', async (_, given, config, confidence) => {
    const findings = await detect(given, config);

    expect(findings).toMatchObject([{ reason: 'database-connections-exhausted', confidence }]);
  });
});

describe('pool-exhaustion: nothing to find', () => {
  it.each<[string, Given, unknown]>([
    ['a calm pool', { used: 1, max: 4, pending: 0, timeoutsPerS: 0, refusedPerS: 0, server: 20 }, declared],
    ['a full pool in which nobody waits', { used: 4, max: 4, pending: 0, timeoutsPerS: 0, server: 20 }, declared],
    ['a full server that the workload does not use', { server: 97 }, assumed],
    ['an unreachable server while nobody waits', { used: 1, max: 4, pending: 0, server: 'down' }, declared],
  ])('%s', async (_, given, config) => {
    expect(await detect(given, config)).toEqual([]);
  });

  it('a moment of waiting', async () => {
    const world = detectorWorld((series, pods, now) => {
      writePools(series, pods, now, { used: 4, max: 4, server: 20 });
      for (const pod of pods) {
        const name = 'db_client_connection_pending_requests';
        series.gauge({ __name__: name, namespace: 'shop', pod }, (at) => (at > now - 15_000 ? 3 : 0), {
          from: now - 300_000,
          to: now,
        });
      }
    });

    expect(await detectIn(world, poolExhaustion, declared)).toEqual([]);
  });
});

describe('pool-exhaustion: along the calls', () => {
  it('finds the callee that waits, and reads each server once', async () => {
    const catalog = fakeWorkload({ subject: { name: 'catalog' } });
    const world = detectorWorld((series, pods, now) => {
      writePools(series, pods, now, { used: 1, max: 4, pending: 0 });
      const callees = fakePods(catalog).map((pod) => pod.name);
      writePools(series, callees, now, { ...FULL_AND_WAITING, server: 20 });
    });
    const topology = {
      ...NOBODY_CALLS,
      calleesOf: async (_: unknown, depth: number) => (depth === 3 ? [catalog] : []),
    };
    const ctx = fakeReadContext({ metrics: world.metrics, cluster: world.cluster, topology, now: () => world.now });

    const findings = await poolExhaustion.detect(world.incident, assumed, ctx);

    expect(findings).toMatchObject([{ reason: 'connection-pool-waiting', subject: { name: 'catalog' } }]);
    expect(world.metrics.asked.filter((query) => query.includes('pg_settings_max_connections'))).toHaveLength(1);
  });
});

describe('pool-exhaustion: configuration', () => {
  it.each([
    ['an unknown key', { databse: [] }],
    ['an empty usedBy', { databases: [{ ...shopDb, usedBy: [] }] }],
    ['a workload without namespace', { databases: [{ ...shopDb, usedBy: ['orders'] }] }],
    ['a matcher that is no label', { databases: [{ name: 'shop', matchers: { 'a"b': 'c' } }] }],
  ])('refuses %s', (_, config) => {
    expect(PoolExhaustionConfig.safeParse(config).success).toBe(false);
  });
});
