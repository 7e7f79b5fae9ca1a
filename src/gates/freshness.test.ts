import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, NOW, passingFacts, unknown } from './facts-for-tests.ts';
import { freshnessGate } from './freshness.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['10 s old', {}, { verdict: 'pass', reason: 'ok', value: '10s', limit: '2m' }],
  ['exactly as old as allowed', { observedAt: known(NOW - 120_000) }, { verdict: 'pass', reason: 'ok' }],
  ['older', { observedAt: known(NOW - 120_001) }, { verdict: 'hold', reason: 'stale' }],
  [
    'from the future, beyond the same limit',
    { observedAt: known(NOW + 120_001) },
    { verdict: 'hold', reason: 'stale' },
  ],
  ['not known', { observedAt: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = freshnessGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
