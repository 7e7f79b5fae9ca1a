import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { targetBusyGate } from './target-busy.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['free', {}, { verdict: 'pass', reason: 'ok', reserve: [{ kind: 'exclusive', key: 'subject:uid-orders' }] }],
  ['held by this plan', { busyWith: known('plan-1') }, { verdict: 'pass', reason: 'ok' }],
  ['held by this incident', { busyWith: known('incident-1') }, { verdict: 'pass', reason: 'ok' }],
  ['held by another', { busyWith: known('plan-2') }, { verdict: 'hold', reason: 'target-busy', value: 'plan-2' }],
  ['not known', { busyWith: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = targetBusyGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
