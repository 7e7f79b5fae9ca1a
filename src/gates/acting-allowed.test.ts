import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { actingAllowedGate } from './acting-allowed.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['the store takes writes', {}, { verdict: 'pass', reason: 'ok' }],
  ['a full disk', { storeWritable: known(false) }, { verdict: 'hold', reason: 'acting-stopped' }],
  ['not known', { storeWritable: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = actingAllowedGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
