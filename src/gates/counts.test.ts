import { describe, expect, it } from 'vitest';
import type { Incident } from '../domain/incident.ts';
import type { Store } from '../ports/store.ts';
import { readBudgets, readStorm } from './counts.ts';
import { examplePlan, NOW } from './facts-for-tests.ts';
import { exampleIncident, exampleInput } from './world-for-tests.ts';

const MINUTE = 60_000;

describe('budgets', () => {
  it('counts each scope under a key of its own, since the start of its window', async () => {
    const asked: [string, number][] = [];
    const store: Pick<Store, 'counted'> = {
      counted: async (key, since) => {
        asked.push([key, since]);
        return { used: asked.length, oldestAt: since };
      },
    };
    const { limits } = exampleInput();
    if (limits === null) throw new Error('the example has limits');
    const narrow = { ...limits, budgets: { ...limits.budgets, workload: { actions: 1, per: MINUTE } } };

    const uses = await readBudgets(examplePlan(), narrow, store, NOW);

    expect(asked).toEqual([
      ['budget:workload:uid-orders', NOW - MINUTE],
      ['budget:namespace:shop', NOW - 86_400_000],
      ['budget:cluster', NOW - 86_400_000],
      ['budget:cause:connection-pool-waiting/uid-orders', NOW - 86_400_000],
    ]);
    expect(uses[0]).toEqual({
      scope: 'workload',
      key: 'budget:workload:uid-orders',
      used: 1,
      limit: 1,
      windowMs: MINUTE,
      oldestAt: NOW - MINUTE,
    });
  });
});

describe('storm', () => {
  const settings = { sickSubjects: 3, withinMs: 5 * MINUTE, quietForMs: 10 * MINUTE };

  function storeOf(incidents: readonly Incident[]): Pick<Store, 'sickSubjects' | 'incidents' | 'counted'> {
    const since = (moment: number) => incidents.filter((incident) => incident.openedAt >= moment);
    return {
      sickSubjects: async (moment) => new Set(since(moment).map((incident) => incident.key)).size,
      incidents: async ({ openedSince, limit }) => since(openedSince ?? 0).slice(0, limit),
      counted: async () => ({ used: 1, oldestAt: null }),
    };
  }

  function opened(...ages: [string, number][]): Incident[] {
    return ages.map(([key, ageMin]) => exampleIncident(key, NOW - ageMin * MINUTE));
  }

  it.each<[string, Incident[], number]>([
    ['nothing', [], 0],
    ['fewer than the limit', opened(['a', 1], ['b', 2]), 2],
    ['three at once', opened(['a', 1], ['b', 2], ['c', 3]), 3],
    ['three spread wider than the window', opened(['a', 1], ['b', 7], ['c', 13]), 1],
    ['one that flaps', opened(['a', 1], ['a', 2], ['a', 3]), 1],
    ['a storm that ended less than the quiet time ago', opened(['a', 8], ['b', 9], ['c', 10]), 3],
    ['a storm that ended longer ago', opened(['a', 16], ['b', 17], ['c', 18]), 0],
    ['one more since a storm', opened(['d', 1], ['a', 8], ['b', 9], ['c', 10]), 3],
  ])('%s', async (_name, incidents, expected) => {
    const storm = await readStorm(settings, storeOf(incidents), NOW);

    expect(storm).toEqual({ sickSubjects: expected, limit: 3, windowMs: 5 * MINUTE, actionsInStorm: 1 });
  });

  it('does not count returns and what resolved by itself', async () => {
    const incidents = [
      ...opened(['a', 1], ['b', 2]),
      exampleIncident('c', NOW - MINUTE, { purpose: 'return' }),
      exampleIncident('d', NOW - MINUTE, { phase: 'self-resolved' }),
    ];

    const storm = await readStorm(settings, storeOf(incidents), NOW);

    expect(storm.sickSubjects).toBe(2);
  });

  it('takes all of them when there are too many to look at', async () => {
    const incidents = Array.from({ length: 200 }, (_, index) => exampleIncident(`key-${index}`, NOW - MINUTE));

    const storm = await readStorm(settings, storeOf(incidents), NOW);

    expect(storm.sickSubjects).toBe(200);
  });
});
