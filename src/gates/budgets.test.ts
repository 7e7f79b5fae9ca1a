import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import { budgetsGate } from './budgets.ts';
import { examplePlan, known, NOW, passingFacts, unknown } from './facts-for-tests.ts';

const HOUR = 3_600_000;

function budgets(changes: Record<string, { used?: number; limit?: number; oldestAt?: number | null }>): GateFacts {
  const facts = passingFacts();
  if (!facts.budgets.known) throw new Error('the passing facts know the budgets');
  return { ...facts, budgets: known(facts.budgets.value.map((use) => ({ ...use, ...changes[use.scope] }))) };
}

it('counts the plan in all four when all have room', () => {
  const verdict = budgetsGate.decide(examplePlan(), passingFacts());

  expect(verdict).toMatchObject({ verdict: 'pass' });
  expect(verdict.verdict === 'pass' && verdict.reserve).toEqual([
    { kind: 'count', key: 'budget:workload:uid-orders', limit: 3, windowMs: 24 * HOUR },
    { kind: 'count', key: 'budget:namespace:shop', limit: 6, windowMs: 24 * HOUR },
    { kind: 'count', key: 'budget:cluster', limit: 12, windowMs: 24 * HOUR },
    { kind: 'count', key: 'budget:cause:connection-pool-waiting/uid-orders', limit: 3, windowMs: 24 * HOUR },
  ]);
});

it.each(['workload', 'namespace', 'cluster', 'cause'])('holds while the budget of the %s is spent', (scope) => {
  const facts = budgets({ [scope]: { used: 2, limit: 2, oldestAt: NOW - 20 * HOUR } });

  const verdict = budgetsGate.decide(examplePlan(), facts);

  expect(verdict).toMatchObject({
    verdict: 'hold',
    reason: 'budget-spent',
    until: NOW + 4 * HOUR,
    value: `${scope} 2`,
  });
});

it('waits for the last of several spent budgets', () => {
  const facts = budgets({
    workload: { used: 3, limit: 3, oldestAt: NOW - 20 * HOUR },
    cause: { used: 3, limit: 3, oldestAt: NOW - 10 * HOUR },
  });

  const verdict = budgetsGate.decide(examplePlan(), facts);

  expect(verdict).toMatchObject({ verdict: 'hold', until: NOW + 14 * HOUR, value: 'workload 3, cause 3' });
});

it('names no moment for a budget of nothing', () => {
  const verdict = budgetsGate.decide(examplePlan(), budgets({ cluster: { used: 0, limit: 0, oldestAt: null } }));

  expect(verdict).toMatchObject({ verdict: 'hold', reason: 'budget-spent' });
  expect(verdict).not.toHaveProperty('until');
});

it('holds when one of the four was not counted', () => {
  const facts = passingFacts();
  const counted = facts.budgets.known ? facts.budgets.value.filter((use) => use.scope !== 'cause') : [];

  const verdict = budgetsGate.decide(examplePlan(), { ...facts, budgets: known(counted) });

  expect(verdict).toMatchObject({ verdict: 'hold', reason: 'data-missing', value: 'no count for cause' });
});

it('holds when the counts are not known', () => {
  const verdict = budgetsGate.decide(examplePlan(), passingFacts({ budgets: unknown() }));

  expect(verdict).toMatchObject({ verdict: 'hold', reason: 'data-missing' });
});
