import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { stormBreakerGate } from './storm-breaker.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['one sick workload', {}, { verdict: 'pass', reason: 'ok' }],
  [
    'one below the limit',
    { storm: known({ sickSubjects: 4, limit: 5, windowMs: 300_000, actionsInStorm: 1 }) },
    { verdict: 'pass', reason: 'ok' },
  ],
  [
    'at the limit',
    { storm: known({ sickSubjects: 5, limit: 5, windowMs: 300_000, actionsInStorm: 1 }) },
    { verdict: 'hold', reason: 'storm', value: '5 sick, 1 acted upon', limit: '5 in 5m' },
  ],
  ['not known', { storm: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = stormBreakerGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
