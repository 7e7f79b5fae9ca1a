import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { lockWaits } from './index.ts';

interface Given {
  metric?: string;
  waiting?: number | ((at: number, now: number) => number);
  tellsWaits?: boolean;
  exclusive?: number;
  txSeconds?: number;
  active?: number;
  users?: 'hurt' | 'well' | 'unmeasured';
}

const SERVER = { job: 'postgres', instance: 'db:9187' };
const shopDb = { name: 'shop', matchers: { job: 'postgres' } };
const declared = { databases: [{ ...shopDb, usedBy: ['shop/orders'] }] };

function detect(given: Given, config: unknown = declared) {
  const world = detectorWorld((series, pods, now) => {
    const shape = { from: now - 600_000, to: now };
    const { waiting = 0, tellsWaits = true, users = 'hurt' } = given;
    const count = (labels: Record<string, string>, value: number | ((at: number) => number)) =>
      series.gauge({ __name__: 'pg_stat_activity_count', ...SERVER, datname: 'shop', ...labels }, value, shape);
    const waits = (at: number) => (typeof waiting === 'function' ? waiting(at, now) : waiting);
    if (given.metric) series.gauge({ __name__: given.metric, ...SERVER }, waits, shape);
    else if (tellsWaits)
      count({ state: 'active', wait_event_type: 'Lock', wait_event: 'relation', usename: 'orders' }, waits);
    if (!given.metric)
      count({ state: 'active', ...(tellsWaits ? { wait_event_type: 'Client' } : {}) }, given.active ?? 1);
    if (given.exclusive !== undefined)
      series.gauge(
        { __name__: 'pg_locks_count', mode: 'accessexclusivelock', datname: 'shop', ...SERVER },
        given.exclusive,
        shape,
      );
    if (given.txSeconds !== undefined) {
      const labels = { datname: 'shop', state: 'idle in transaction', usename: 'migrator', application_name: 'psql' };
      series.gauge({ __name__: 'pg_stat_activity_max_tx_duration', ...SERVER, ...labels }, given.txSeconds, shape);
    }
    if (users === 'unmeasured') return;
    for (const pod of pods) {
      const seconds = (at: number) => (users === 'hurt' && at > now - 150_000 ? 0.8 : 0.04);
      const requests = { name: 'http_request_duration_seconds', labels: { namespace: 'shop', pod }, seconds, perS: 5 };
      series.histogram(requests, { from: now - 3_600_000, to: now });
    }
  });
  return detectIn(world, lockWaits, config);
}

describe('lock-waits', () => {
  it('names waiters, the longest transaction and how to find the holder', async () => {
    const [finding] = await detect({ waiting: 14, txSeconds: 181 });

    expect(finding).toMatchObject({
      reason: 'lock-waits',
      subject: { name: 'orders' },
      confidence: 0.95,
      figures: { waitingForLocks: 14, longestTransactionSeconds: 181 },
    });
    expect(finding?.summary).toContain(
      'database shop: 14 sessions wait for a lock; the longest transaction is open for 181 s, idle in transaction (migrator, psql)',
    );
    expect(finding?.mend).toContain('pg_blocking_pids');
  });

  it.each<[string, Given, unknown, number]>([
    ['the only database is assumed', { waiting: 5 }, { databases: [shopDb] }, 0.9],
    ['users are not measured', { waiting: 5, users: 'unmeasured' }, declared, 0.95],
    ['an old exporter', { tellsWaits: false, exclusive: 1, txSeconds: 60, active: 6 }, declared, 0.6],
    ['MySQL', { metric: 'mysql_global_status_innodb_row_lock_current_waits', waiting: 6 }, declared, 0.95],
  ])('is as sure as the facts allow: %s', async (_, given, config, confidence) => {
    expect(await detect(given, config)).toMatchObject([{ reason: 'lock-waits', confidence }]);
  });

  it.each<[string, Given, unknown]>([
    ['nobody waits', { waiting: 0, txSeconds: 500 }, declared],
    ['one session waits', { waiting: 1 }, declared],
    ['a wait of some seconds', { waiting: (at, now) => (at > now - 10_000 ? 9 : 0) }, declared],
    ['users are well', { waiting: 14, users: 'well' }, declared],
    ['a short exclusive lock', { tellsWaits: false, exclusive: 1, txSeconds: 2, active: 6 }, declared],
    ['another workload uses the database', { waiting: 14 }, { databases: [{ ...shopDb, usedBy: ['shop/web'] }] }],
    ['no database is known', { waiting: 14 }, {}],
  ])('finds nothing: %s', async (_, given, config) => {
    expect(await detect(given, config)).toEqual([]);
  });
});
