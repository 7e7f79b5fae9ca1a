import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { scopeGate } from './scope.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['in the list and opted in', {}, { verdict: 'pass', reason: 'ok' }],
  [
    'opted in, but not in the list: a label widens nothing',
    { scope: known({ namespaceAllowed: false, workloadOptedIn: true, namespaces: ['other'] }) },
    { verdict: 'deny', reason: 'out-of-scope', value: 'shop', limit: 'other' },
  ],
  [
    'in the list, but not opted in',
    { scope: known({ namespaceAllowed: true, workloadOptedIn: false, namespaces: ['shop'] }) },
    { verdict: 'deny', reason: 'out-of-scope', value: 'not opted in' },
  ],
  ['not known', { scope: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = scopeGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
