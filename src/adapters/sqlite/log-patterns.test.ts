import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLabels } from '../../domain/log-record.ts';
import type { LogCommit } from '../../ports/log-store.ts';
import { systemClock } from '../timers/system-clock.ts';
import { openSqliteStore, type SqliteStore } from './index.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const T0 = 1_800_000_000_000 - (1_800_000_000_000 % MINUTE_MS);
const LABELS: LogLabels = {
  namespace: 'shop',
  service: 'orders',
  release: null,
  route: null,
  status: null,
  level: 'error',
  exception: null,
};
const OWNER = { namespace: 'shop', services: ['orders'], alsoWithoutNamespace: false };

let folder = '';
let store: SqliteStore;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hale-log-patterns-'));
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function open(): Promise<void> {
  store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
}

async function commit(change: Partial<LogCommit>): Promise<void> {
  const nothing = { counts: [], patterns: [], samples: [], position: null, seen: null, forgetBefore: null };
  await store.logs.commit({ source: 'a', ...nothing, ...change });
}

async function count(patternId: string, minute: number, lines: number, joins: LogCommit['joins'] = []): Promise<void> {
  await commit({
    counts: [{ minute, patternId, labels: LABELS, count: lines }],
    patterns: [
      { id: patternId, template: `template of ${patternId}`, firstSeenAt: minute, shape: `${patternId} shape` },
    ],
    joins,
    samples: [
      {
        patternId,
        at: minute,
        namespace: 'shop',
        service: 'orders',
        pod: null,
        traceId: null,
        line: `line of ${patternId}`,
      },
    ],
  });
}

const counts = async () =>
  (await store.logs.counts({ since: 0, until: T0 + 1_000 * HOUR_MS, limit: 100 })).map(
    ({ patternId, count: lines }) => [patternId, lines],
  );

describe('patterns that were joined', () => {
  it('are read as the one that they became: counts of the past, first time, examples', async () => {
    await count('amy', T0, 1);
    await count('bob', T0, 2);
    await count('any', T0 + MINUTE_MS, 4, [
      { from: 'amy', to: 'any' },
      { from: 'bob', to: 'any' },
    ]);

    const troubles = await store.logCounts.troubles(OWNER, T0, T0 + HOUR_MS, 10);

    expect(await counts()).toEqual([
      ['any', 3],
      ['any', 4],
    ]);
    expect(troubles.map(({ patternId, count: lines, firstSeenAt }) => [patternId, lines, firstSeenAt])).toEqual([
      ['any', 4, T0],
      ['any', 3, T0],
    ]);
    expect((await store.logCounts.samplesOf(OWNER, 'any')).map(({ line }) => line)).toEqual([
      'line of any',
      'line of bob',
      'line of amy',
    ]);
    expect(await store.logs.patterns(10)).toEqual([
      { id: 'any', template: 'template of any', firstSeenAt: T0, shape: 'any shape', formerIds: ['amy', 'bob'] },
    ]);
  });

  it.each<[string, readonly (readonly [string, string])[]]>([
    [
      'one after the other',
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
      ],
    ],
    [
      'the last first',
      [
        ['c', 'd'],
        ['b', 'c'],
        ['b', 'd'],
        ['a', 'd'],
      ],
    ],
    [
      'in a circle',
      [
        ['a', 'b'],
        ['b', 'a'],
        ['a', 'd'],
        ['b', 'd'],
        ['c', 'd'],
      ],
    ],
    [
      'with itself',
      [
        ['a', 'a'],
        ['a', 'd'],
        ['b', 'd'],
        ['c', 'd'],
        ['d', 'd'],
      ],
    ],
    [
      'again and again',
      [
        ['a', 'd'],
        ['b', 'd'],
        ['c', 'd'],
        ['a', 'd'],
      ],
    ],
    [
      'with what nobody stored',
      [
        ['x', 'd'],
        ['a', 'd'],
        ['b', 'd'],
        ['c', 'd'],
      ],
    ],
  ])('lose no line, whatever came when: %s', async (_, joins) => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) await count(id, T0, 10 ** index);
    for (const [from, to] of joins) await commit({ joins: [{ from, to }] });
    await store.close();
    await open();

    expect(await counts()).toEqual([['d', 1_111]]);
  });

  it('that are joined in a commit that fails are not joined', async () => {
    await count('a', T0, 1);
    const broken = { minute: T0, patternId: 'b', labels: LABELS, count: Number.NaN };

    await expect(commit({ counts: [broken], joins: [{ from: 'a', to: 'b' }] })).rejects.toThrow('NOT NULL');

    expect(await counts()).toEqual([['a', 1]]);
  });
});

describe('patterns that nobody has heard for long', () => {
  it('go with their last count, and with what was joined into them; the others stay', async () => {
    await count('old', T0, 1);
    await count('older', T0 - MINUTE_MS, 1, [{ from: 'older', to: 'old' }]);
    await count('still heard', T0, 1);
    await count('still heard', T0 + 48 * HOUR_MS, 1);

    for (let round = 0; round < 3; round += 1)
      await store.logs.prune(T0 + 48 * HOUR_MS, { maxAgeMs: 24 * HOUR_MS, maxRows: 100 }, 100);
    const known = await store.logs.patterns(10);

    expect(await counts()).toEqual([['still heard', 1]]);
    expect(known.map(({ id }) => id)).toEqual(['still heard']);
    expect(await store.logs.samples('old', 10)).toEqual([]);
  });

  it('is told again, and counted, when it comes back', async () => {
    await count('old', T0, 1);
    await count('new', T0 + 48 * HOUR_MS, 1);
    await store.logs.prune(T0 + 48 * HOUR_MS, { maxAgeMs: 24 * HOUR_MS, maxRows: 100 }, 100);

    await count('old', T0 + 49 * HOUR_MS, 5);

    expect(await counts()).toEqual([
      ['new', 1],
      ['old', 5],
    ]);
    expect((await store.logs.patterns(10)).map(({ template }) => template)).toContain('template of old');
  });
});
