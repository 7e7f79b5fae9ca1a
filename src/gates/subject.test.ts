import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { subjectGate } from './subject.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['as planned', {}, { verdict: 'pass', reason: 'ok' }],
  ['gone', { subject: known(null) }, { verdict: 'deny', reason: 'subject-missing', value: 'gone' }],
  [
    'deleted and made again',
    { subject: known({ uid: 'uid-other', replicas: 3, touched: { 'spec.replicas': 3 } }) },
    { verdict: 'deny', reason: 'subject-missing', value: 'UID uid-other' },
  ],
  [
    'somebody else scaled',
    { subject: known({ uid: 'uid-orders', replicas: 4, touched: { 'spec.replicas': 4 } }) },
    { verdict: 'deny', reason: 'world-moved', value: 'spec.replicas is 4', limit: 'spec.replicas was 3' },
  ],
  [
    'a touched field that was not read',
    { subject: known({ uid: 'uid-orders', replicas: 3, touched: {} }) },
    { verdict: 'deny', reason: 'world-moved', value: 'spec.replicas is absent' },
  ],
  ['not known', { subject: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = subjectGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
