import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { exampleReturn, known, passingReturnFacts, unknown } from './facts-for-tests.ts';
import { headroomGate } from './headroom.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['room enough', {}, { verdict: 'pass', reason: 'ok', value: '60 % afterwards', limit: '80 %' }],
  [
    'exactly at the limit',
    { headroom: known({ saturationAfter: 0.8, limit: 0.8 }) },
    { verdict: 'pass', reason: 'ok' },
  ],
  ['too full', { headroom: known({ saturationAfter: 0.9, limit: 0.8 }) }, { verdict: 'hold', reason: 'no-headroom' }],
  ['not known', { headroom: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = headroomGate.decide(exampleReturn(), passingReturnFacts(changes));

  expect(verdict).toMatchObject(expected);
});
