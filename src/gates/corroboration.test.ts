import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { corroborationGate } from './corroboration.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['the same cause, read again', {}, { verdict: 'pass', reason: 'ok', value: '11 requests wait' }],
  [
    'not seen any more',
    { corroboration: known(null) },
    { verdict: 'hold', reason: 'uncorroborated', value: 'not seen' },
  ],
  [
    'another cause',
    { corroboration: known({ reason: 'database-connections-exhausted', summary: 'full', confidence: 1 }) },
    { verdict: 'hold', reason: 'uncorroborated', value: 'database-connections-exhausted' },
  ],
  [
    'the same cause, which may yet be a symptom',
    {
      corroboration: known({
        reason: 'connection-pool-waiting',
        summary: '11 requests wait',
        confidence: 1,
        unsettled: 'a leak would look so',
      }),
    },
    { verdict: 'hold', reason: 'unsettled', value: 'a leak would look so' },
  ],
  ['not known', { corroboration: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = corroborationGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
