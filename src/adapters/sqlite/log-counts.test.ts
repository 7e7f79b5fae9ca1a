import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLabels } from '../../domain/log-record.ts';
import type { LogOwner } from '../../ports/log-counts.ts';
import { systemClock } from '../timers/system-clock.ts';
import { openSqliteStore, type SqliteStore } from './index.ts';

const MINUTE_MS = 60_000;
const T0 = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE_MS);
const OWNER: LogOwner = { namespace: 'shop', services: ['orders', "o'rders"], alsoWithoutNamespace: false };

let folder = '';
let store: SqliteStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hale-log-counts-'));
  store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function labels(fields: Partial<LogLabels> = {}): LogLabels {
  const none = { release: null, route: null, status: null, level: null, exception: null };
  return { namespace: 'shop', service: 'orders', ...none, ...fields };
}

async function count(minute: number, patternId: string, fields: Partial<LogLabels>, lines: number, source = 'a') {
  const given = labels(fields);
  const { namespace, service } = given;
  await store.logs.commit({
    source,
    counts: [{ minute: T0 + minute * MINUTE_MS, patternId, labels: given, count: lines }],
    patterns: [{ id: patternId, template: `${patternId} <*>`, firstSeenAt: T0 }],
    samples: [{ patternId, at: T0, namespace, service, pod: 'p', traceId: null, line: `${patternId} of ${namespace}` }],
    position: null,
    seen: null,
    forgetBefore: null,
  });
}

const heard = (owner = OWNER) => store.logCounts.heard(owner, T0, T0 + 10 * MINUTE_MS, 100);
const troubles = (owner = OWNER, limit = 100) => store.logCounts.troubles(owner, T0, T0 + 10 * MINUTE_MS, limit);

describe('counts of log events of an owner', () => {
  it('adds up sources, by minute and release, with what was answered and what failed', async () => {
    await count(0, 'served', { status: 200, release: '1' }, 5, 'a');
    await count(0, 'served', { status: 200, release: '1' }, 7, 'b');
    await count(0, 'failed', { status: 503, release: '1' }, 2);
    await count(1, 'started', { level: 'info', release: '2' }, 1);
    await count(10, 'served', { status: 200 }, 99);

    expect(await heard()).toEqual([
      { minute: T0, release: '1', events: 14, answered: 14, failed: 2 },
      { minute: T0 + MINUTE_MS, release: '2', events: 1, answered: 0, failed: 0 },
    ]);
  });

  it('is nothing for an owner of whom nothing was heard', async () => {
    await count(0, 'served', { service: 'catalog' }, 5);
    await count(0, 'served', { namespace: 'staging' }, 5);
    await count(0, 'served', { namespace: null }, 5);

    expect(await heard()).toEqual([]);
    expect(await heard({ ...OWNER, alsoWithoutNamespace: true })).toHaveLength(1);
  });

  it('tells what may be trouble, newest first and bounded', async () => {
    await count(0, 'warned', { level: 'warn', status: 200 }, 1);
    await count(1, 'failed', { status: 500, level: 'info' }, 2);
    await count(2, 'threw', { exception: 'TypeError', level: 'info' }, 3);
    await count(3, 'plain', {}, 4);
    await count(4, 'served', { status: 200, level: 'info' }, 5);
    await count(5, 'access', { status: 404 }, 6);

    const found = await troubles();

    expect(found.map(({ patternId, count: lines }) => [patternId, lines])).toEqual([
      ['plain', 4],
      ['threw', 3],
      ['failed', 2],
      ['warned', 1],
    ]);
    expect(found[0]).toMatchObject({ template: 'plain <*>', firstSeenAt: T0, labels: labels() });
    expect(await troubles(OWNER, 2)).toHaveLength(2);
  });

  it('shows examples of the owner alone', async () => {
    await count(0, 'failed', {}, 1);
    await count(0, 'failed', { namespace: 'staging' }, 1);

    const found = await store.logCounts.samplesOf(OWNER, 'failed');

    expect(found.map(({ line }) => line)).toEqual(['failed of shop']);
  });
});
