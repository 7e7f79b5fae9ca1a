import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { evidenceSavedGate } from './evidence-saved.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['all of it', {}, { verdict: 'pass', reason: 'ok' }],
  ['nothing is required', { evidence: known({ saved: [], required: [] }) }, { verdict: 'pass', reason: 'ok' }],
  [
    'one kind is missing',
    { evidence: known({ saved: ['metric-instant'], required: ['metric-instant', 'cluster-object'] }) },
    { verdict: 'hold', reason: 'evidence-missing', value: 'missing: cluster-object' },
  ],
  ['not known', { evidence: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = evidenceSavedGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
