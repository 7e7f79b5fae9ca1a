import { describe, expect, it } from 'vitest';
import type { VerificationState } from '../domain/incident.ts';
import type { Measure } from '../domain/plan.ts';
import { judge, type Look, startVerification, WORSE_HOLD_MS } from './judge.ts';

const MEASURE: Measure = {
  indicator: 'i',
  unit: 'seconds',
  goodAtMost: 0.3,
  traffic: 't',
  minimumTraffic: 1,
  holdMs: 60_000,
  deadlineMs: 300_000,
  settleMs: 0,
  worseFactor: 1.5,
  neighbours: null,
};
const START = startVerification(0, { at: 0, indicator: 0.9, trafficPerS: 20 }, { neighbour: 0.1 });

function look(
  now: number,
  change: Partial<{
    indicator: number | null;
    traffic: number | null;
    effect: Look['effect'];
    neighbours: Look['neighbours'];
    callers: number;
  }> = {},
): Look {
  const { indicator = 0.1, traffic = 20, effect = 'in-force', neighbours = {}, callers } = change;
  const elsewhere = callers === undefined ? [] : [{ at: now, indicator: callers, trafficPerS: 20 }];
  return { now, effect, neighbours, elsewhere, users: { at: now, indicator, trafficPerS: traffic } };
}

function over(looks: readonly Look[]): VerificationState {
  return looks.reduce((state, one) => judge(state, one, MEASURE), START);
}

describe('the judge of recovery', () => {
  it.each<[string, Look[], VerificationState['verdict']]>([
    ['good and held', [look(10_000), look(70_000)], 'recovered'],
    [
      'good here while those who call are hurt',
      [look(10_000, { callers: 6 }), look(70_000, { callers: 6 })],
      'pending',
    ],
    ['good here and for those who call', [look(10_000, { callers: 0.2 }), look(70_000, { callers: 0.2 })], 'recovered'],
    [
      'those who call are hurt until the deadline',
      [look(10_000, { callers: 6 }), look(300_000, { callers: 6 })],
      'persisting',
    ],
    ['good but not yet held', [look(10_000), look(60_000)], 'pending'],
    [
      'good before the change is in force counts for nothing',
      [look(10_000, { effect: 'pending' }), look(75_000, { effect: 'pending' })],
      'pending',
    ],
    ['a gap breaks the hold', [look(10_000), look(40_000, { indicator: null }), look(75_000)], 'pending'],
    ['without traffic nothing is good', [look(10_000, { traffic: 0 }), look(80_000, { traffic: 0 })], 'pending'],
    [
      'no data at the deadline is unknown',
      [look(10_000, { indicator: 0.9 }), look(300_000, { indicator: null })],
      'unknown',
    ],
    ['no traffic at the deadline is unknown', [look(300_000, { traffic: 0.5 })], 'unknown'],
    ['still bad at the deadline', [look(10_000, { indicator: 0.8 }), look(300_000, { indicator: 0.8 })], 'persisting'],
    ['a hold that began in time runs to its end', [look(290_000), look(310_000)], 'pending'],
    ['and then is recovered', [look(290_000), look(350_000)], 'recovered'],
    [
      'worse for long enough',
      [look(10_000, { indicator: 2 }), look(10_000 + WORSE_HOLD_MS, { indicator: 2 })],
      'worse',
    ],
    [
      'worse for one look only',
      [look(10_000, { indicator: 2 }), look(20_000, { indicator: 0.8 }), look(40_000, { indicator: 2 })],
      'pending',
    ],
    [
      'a neighbour got worse',
      [
        look(10_000, { neighbours: { neighbour: 0.9 } }),
        look(10_000 + WORSE_HOLD_MS, { neighbours: { neighbour: 0.9 } }),
      ],
      'worse',
    ],
    [
      'a neighbour that nobody saw before proves nothing',
      [look(10_000, { neighbours: { other: 0.9 } }), look(70_000, { neighbours: { other: 0.9 } })],
      'recovered',
    ],
    ['neighbours that cannot be read break the hold', [look(10_000), look(70_000, { neighbours: null })], 'pending'],
    ['reverted by another', [look(10_000, { effect: 'reverted' })], 'reverted'],
    ['never took effect', [look(300_000, { effect: 'pending', indicator: 0.9 })], 'failed'],
    ['failed to take effect', [look(10_000, { effect: 'failed' })], 'failed'],
  ])('%s', (_name, looks, verdict) => {
    expect(over(looks).verdict).toBe(verdict);
  });

  it('does not take readings that still look back at the time before the change for harm', () => {
    const measure = { ...MEASURE, settleMs: 60_000 };
    const bad = [10_000, 40_000, 69_000].map((now) => look(now, { indicator: 2 }));

    const before = bad.reduce((state, one) => judge(state, one, measure), START);
    const after = [70_000, 70_000 + WORSE_HOLD_MS]
      .map((now) => look(now, { indicator: 2 }))
      .reduce((state, one) => judge(state, one, measure), before);

    expect(before.verdict).toBe('pending');
    expect(after.verdict).toBe('worse');
  });
});
