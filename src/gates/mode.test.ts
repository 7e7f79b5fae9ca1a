import { expect, it } from 'vitest';
import type { Mode } from '../domain/mode.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { modeGate } from './mode.ts';

it.each<[Mode, Mode, 'pass' | 'deny', string]>([
  ['auto', 'auto', 'pass', 'ok'],
  ['auto', 'approve', 'pass', 'ok'],
  ['approve', 'auto', 'pass', 'ok'],
  ['auto', 'suggest', 'deny', 'mode-suggest'],
  ['suggest', 'auto', 'deny', 'mode-suggest'],
  ['auto', 'observe', 'deny', 'mode-observe'],
  ['observe', 'auto', 'deny', 'mode-observe'],
  ['suggest', 'observe', 'deny', 'mode-observe'],
])('policy %s under operator %s: %s %s', (policyMode, allowed, verdict, reason) => {
  const decided = modeGate.decide(examplePlan({ mode: policyMode }), passingFacts({ mode: known(allowed) }));

  expect(decided).toMatchObject({ verdict, reason });
});

it('says where the ceiling comes from', () => {
  const facts = passingFacts({ mode: known('observe', 'autonomy.default') });

  const verdict = modeGate.decide(examplePlan(), facts);

  expect(verdict.unblockedBy).toBe('a higher mode than autonomy.default gives');
});

it('holds when the mode is not known', () => {
  const verdict = modeGate.decide(examplePlan(), passingFacts({ mode: unknown() }));

  expect(verdict).toMatchObject({ verdict: 'hold', reason: 'data-missing' });
});
