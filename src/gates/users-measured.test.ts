import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { exampleReturn, known, passingReturnFacts, unknown } from './facts-for-tests.ts';
import { usersMeasuredGate } from './users-measured.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['users are well', {}, { verdict: 'pass', reason: 'ok', value: 0.2, limit: 0.5 }],
  [
    'hardly any traffic',
    { users: known({ indicator: 0.2, goodAtMost: 0.5, trafficPerS: 0.5, minimumTraffic: 1 }) },
    { verdict: 'hold', reason: 'users-unmeasured', value: '0.5 requests/s' },
  ],
  [
    'users are not well',
    { users: known({ indicator: 0.6, goodAtMost: 0.5, trafficPerS: 20, minimumTraffic: 1 }) },
    { verdict: 'hold', reason: 'no-headroom', value: 0.6, limit: 0.5 },
  ],
  ['not measured', { users: unknown() }, { verdict: 'hold', reason: 'users-unmeasured', value: 'no answer' }],
])('%s', (_name, changes, expected) => {
  const verdict = usersMeasuredGate.decide(exampleReturn(), passingReturnFacts(changes));

  expect(verdict).toMatchObject(expected);
});
