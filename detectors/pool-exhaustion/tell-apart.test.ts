import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { poolExhaustion } from './index.ts';

const AGO_MS = 180_000;
const SERVER = { job: 'postgres', instance: 'db:9187' };
const databases = [{ name: 'shop', matchers: { job: 'postgres' }, usedBy: ['shop/orders'] }];

/** `[before, now]`: what it was until `agoMs` ago, and since. */
type Change = readonly [number, number];
interface Given {
  /** Three minutes, where it is left out. */
  agoMs?: number;
  used?: Change;
  /** Requests that wait in each pod. */
  pending?: Change;
  /** Connections given back per second and pod, and how long each was kept. */
  returnsPerS?: Change;
  holdSeconds?: Change;
  /** Operations per second and pod, under the naming; and how long each took. */
  operations?: { naming: string; unit?: number; perS: Change; seconds: Change };
  uses?: { naming: string; unit?: number };
  sessions?: Record<string, number>;
  /** Sessions that wait for a lock. */
  waiting?: Change;
  longestTx?: { seconds: number; state: string };
  statementSeconds?: Change;
  statementNames?: readonly [string, string];
  scannedRowsPerS?: Change;
  requestsPerS?: Change;
}

function world(given: Given) {
  return detectorWorld((series, pods, now) => {
    const shape = { from: now - 3_600_000, to: now };
    const at =
      ([before, after]: Change) =>
      (when: number) =>
        when > now - (given.agoMs ?? AGO_MS) ? after : before;
    const counters = (name: string, labels: Record<string, string>, perS: Change, seconds: Change, unit = 1) => {
      series.counter({ __name__: `${name}_count`, ...labels }, at(perS), shape);
      series.counter(
        { __name__: `${name}_sum`, ...labels },
        (when) => at(perS)(when) * at(seconds)(when) * unit,
        shape,
      );
    };
    for (const pod of pods) {
      const place = { namespace: 'shop', pod };
      const pool = (name: string, value: Change, labels = {}) =>
        series.gauge({ __name__: `db_client_connection_${name}`, ...place, ...labels }, at(value), shape);
      pool('count', given.used ?? [1, 4], { db_client_connection_state: 'used' });
      pool('max', [4, 4]);
      pool('pending_requests', given.pending ?? [0, 3]);
      if (given.returnsPerS && given.holdSeconds) {
        const { naming, unit } = given.uses ?? { naming: 'db_client_connection_use_time_seconds' };
        counters(naming, place, given.returnsPerS, given.holdSeconds, unit);
      }
      if (given.operations) {
        const { naming, perS, seconds, unit } = given.operations;
        counters(naming, { ...place, db_operation_name: 'SELECT' }, perS, seconds, unit);
      }
      if (given.requestsPerS) counters('http_request_duration_seconds', place, given.requestsPerS, [0.05, 0.05]);
    }
    for (const [state, value] of Object.entries(given.sessions ?? {})) {
      const lock = state === 'waiting';
      const labels = {
        ...SERVER,
        datname: 'shop',
        state: lock ? 'active' : state,
        wait_event_type: lock ? 'Lock' : 'Client',
      };
      series.gauge({ __name__: 'pg_stat_activity_count', ...labels }, value, shape);
    }
    if (given.waiting) {
      const labels = { ...SERVER, datname: 'shop', state: 'active', wait_event_type: 'Lock' };
      series.gauge({ __name__: 'pg_stat_activity_count', ...labels }, at(given.waiting), shape);
    }
    if (given.sessions) {
      series.gauge({ __name__: 'pg_up', ...SERVER }, 1, shape);
      series.gauge({ __name__: 'pg_settings_max_connections', ...SERVER }, 100, shape);
    }
    if (given.longestTx) {
      const { seconds, state } = given.longestTx;
      series.gauge({ __name__: 'pg_stat_activity_max_tx_duration', ...SERVER, state }, seconds, shape);
    }
    if (given.statementSeconds) {
      const [seconds, calls] = given.statementNames ?? [
        'pg_stat_statements_seconds_total',
        'pg_stat_statements_calls_total',
      ];
      const each = at(given.statementSeconds);
      series.counter({ __name__: calls, ...SERVER, queryid: '1' }, 50, shape);
      series.counter({ __name__: seconds, ...SERVER, queryid: '1' }, (when) => 50 * each(when), shape);
    }
    if (given.scannedRowsPerS) {
      const labels = { ...SERVER, schemaname: 'public', relname: 'items' };
      series.counter({ __name__: 'pg_stat_user_tables_seq_tup_read', ...labels }, at(given.scannedRowsPerS), shape);
    }
  });
}

const detect = (given: Given) => detectIn(world(given), poolExhaustion, { databases });
const LEAKED: Given = { returnsPerS: [10, 0], holdSeconds: [0.02, 0.02], sessions: { active: 1, idle: 11 } };
const QUIET = { active: 1, idle: 11 };
const SLOW_OPERATIONS = {
  naming: 'db_client_operation_duration_seconds',
  perS: [20, 5] as const,
  seconds: [0.02, 0.7] as const,
};

describe('what holds the connections: a leak', () => {
  it('says how many are not given back, and restarts by hand', async () => {
    const [finding] = await detect(LEAKED);

    expect(finding).toMatchObject({ reason: 'connection-leak', subject: { name: 'orders' }, confidence: 0.95 });
    expect(finding?.summary).toMatch(
      /about 12 of 12 connections in use are not given back; 12 of 12 connections in use, 9 requests waiting/,
    );
    expect(finding?.mend).toBe('kubectl -n shop rollout restart deployment/orders');
  });

  it.each<[string, Given, number]>([
    ['the server tells nothing', { returnsPerS: [10, 0], holdSeconds: [0.02, 0.02] }, 0.9],
    ['some are given back', { returnsPerS: [10, 10], holdSeconds: [0.02, 0.05], sessions: QUIET }, 0.95],
    ['HikariCP', { ...LEAKED, uses: { naming: 'hikaricp_connections_usage_seconds' } }, 0.95],
    ['OpenTelemetry, untranslated', { ...LEAKED, uses: { naming: 'db.client.connection.use_time' } }, 0.95],
    [
      'OpenTelemetry, old',
      { ...LEAKED, uses: { naming: 'db_client_connections_use_time_milliseconds', unit: 1000 } },
      0.95,
    ],
    [
      'by operations that came to an end',
      { operations: { ...SLOW_OPERATIONS, perS: [20, 0.2], seconds: [0.02, 0.02] }, sessions: QUIET },
      0.8,
    ],
    [
      'by transactions that nobody ends',
      { sessions: { active: 1, 'idle in transaction': 11 }, longestTx: { seconds: 600, state: 'idle in transaction' } },
      0.8,
    ],
    ['by what gets done, and a server that rests', { requestsPerS: [10, 0.5], sessions: QUIET }, 0.75],
  ])('is seen: %s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ reason: 'connection-leak', confidence }]);
  });
});

describe('what holds the connections: slow queries', () => {
  it('names the table that is scanned, and forbids nothing by itself', async () => {
    const [finding] = await detect({
      operations: SLOW_OPERATIONS,
      sessions: { active: 12 },
      statementSeconds: [0.01, 0.4],
      scannedRowsPerS: [0, 4_000_000],
    });

    expect(finding).toMatchObject({ reason: 'slow-query', confidence: 0.9 });
    expect(finding?.summary).toMatch(
      /operations take 0\.7 s, before 0\.02 s; statements take 0\.\d+ s, before 0\.01 s on the server; \d{7} rows\/s are read by scans of items, before 0; 12 sessions work on the server/,
    );
    expect(finding?.mend).toContain('pg_stat_statements');
  });

  it.each<[string, Given, number]>([
    ['the server works', { operations: SLOW_OPERATIONS, sessions: { active: 12 } }, 0.75],
    [
      'nobody waits for the pool yet',
      { operations: SLOW_OPERATIONS, sessions: { active: 12 }, used: [1, 2], pending: [0, 0] },
      0.75,
    ],
    [
      'by how long connections are kept',
      { returnsPerS: [20, 5], holdSeconds: [0.02, 0.8], sessions: { active: 12 } },
      0.75,
    ],
    ['by the server alone', { sessions: { active: 12 }, statementSeconds: [0.01, 0.4] }, 0.8],
    [
      'by the server alone, older queries of the exporter',
      {
        sessions: { active: 12 },
        statementSeconds: [0.01, 0.4],
        statementNames: ['pg_stat_statements_total_time_seconds', 'pg_stat_statements_calls'],
      },
      0.8,
    ],
    ['by the client alone', { operations: SLOW_OPERATIONS }, 0.65],
    [
      'Spring Data',
      {
        operations: { ...SLOW_OPERATIONS, naming: 'spring_data_repository_invocations_seconds' },
        sessions: { active: 9 },
      },
      0.75,
    ],
    [
      'MongoDB driver',
      { operations: { ...SLOW_OPERATIONS, naming: 'mongodb_driver_commands_seconds' }, sessions: { active: 9 } },
      0.75,
    ],
    [
      'OpenTelemetry, untranslated',
      { operations: { ...SLOW_OPERATIONS, naming: 'db.client.operation.duration' }, sessions: { active: 9 } },
      0.75,
    ],
  ])('are seen: %s', async (_, given, confidence) => {
    expect(await detect(given)).toMatchObject([{ reason: 'slow-query', confidence }]);
  });
});

describe('what holds the connections: the load', () => {
  it.each<[string, Given]>([
    ['all are given back', { returnsPerS: [10, 40], holdSeconds: [0.1, 0.1], sessions: { active: 4, idle: 8 } }],
    ['kept longer, while the server rests', { returnsPerS: [10, 5], holdSeconds: [0.02, 0.8], sessions: QUIET }],
    ['slow for the client, while the server rests', { operations: SLOW_OPERATIONS, sessions: QUIET }],
    [
      'a surge that began a moment ago',
      { used: [1, 4], returnsPerS: [1, 40], holdSeconds: [0.1, 0.1], sessions: { active: 4 } },
    ],
    ['nothing but the pool is known', {}],
    [
      'transactions that are short',
      { sessions: { active: 1, 'idle in transaction': 11 }, longestTx: { seconds: 3, state: 'idle in transaction' } },
    ],
  ])('%s', async (_, given) => {
    expect(await detect(given)).toMatchObject([{ reason: 'connection-pool-waiting' }]);
  });

  it.each<[string, Given, RegExp]>([
    [
      'connections work, no slower than before',
      { returnsPerS: [10, 40], holdSeconds: [0.1, 0.1], sessions: { active: 4 } },
      /^shown$/,
    ],
    [
      'the server works, and more is served than before',
      { sessions: { active: 10 }, requestsPerS: [10, 20] },
      /^shown$/,
    ],
    // Full for less than two minutes: too soon for a leak to be told.
    [
      'taken a moment ago and not given back',
      { agoMs: 60_000, returnsPerS: [10, 0], holdSeconds: [0.05, 0.05], sessions: QUIET },
      /of 12 connections in use only 0 are at work: a leak or a lock would look so/,
    ],
    [
      'slower since a moment ago, and the server works on it',
      { agoMs: 30_000, returnsPerS: [20, 10], holdSeconds: [0.04, 0.6], sessions: { active: 10 } },
      /connections are busy for 0\.\d+ s, before 0\.04 s: a lock or a slow query would look so/,
    ],
    [
      'sessions have begun to wait for a lock',
      {
        agoMs: 10_000,
        used: [4, 4],
        pending: [3, 3],
        returnsPerS: [40, 40],
        holdSeconds: [0.1, 0.1],
        sessions: { active: 4 },
        waiting: [0, 8],
      },
      /8 sessions wait for a lock/,
    ],
    ['nothing but the pool is known', {}, /whether its connections are at work is not told/],
    ['nothing is known of the time before', { sessions: { active: 10 } }, /before is not known/],
  ])('is shown or not yet: %s', async (_, given, unsettled) => {
    const [finding] = await detect(given);

    expect(finding?.reason).toBe('connection-pool-waiting');
    expect(finding?.unsettled ?? 'shown').toMatch(unsettled);
  });

  it('is not blamed while sessions wait for a lock: that is lock-waits', async () => {
    const given: Given = { operations: SLOW_OPERATIONS, sessions: { active: 2, waiting: 10 } };

    expect(await detect(given)).toEqual([]);
  });
});
