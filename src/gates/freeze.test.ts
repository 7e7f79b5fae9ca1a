import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { freezeGate } from './freeze.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['nobody froze', {}, { verdict: 'pass', reason: 'ok' }],
  [
    'frozen',
    { frozen: known({ frozen: true, by: 'sam', reason: 'upgrade' }) },
    { verdict: 'hold', reason: 'frozen', value: 'sam: upgrade' },
  ],
  ['not known', { frozen: unknown() }, { verdict: 'hold', reason: 'data-missing', value: 'no answer' }],
])('%s', (_name, changes, expected) => {
  const verdict = freezeGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
