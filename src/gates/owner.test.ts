import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { ownerGate } from './owner.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['nobody', {}, { verdict: 'pass', reason: 'ok' }],
  [
    'an autoscaler',
    { owner: known({ kind: 'HorizontalPodAutoscaler', name: 'orders', advice: 'raise minReplicas' }) },
    {
      verdict: 'deny',
      reason: 'owned-by-another',
      value: 'HorizontalPodAutoscaler orders',
      unblockedBy: 'raise minReplicas',
    },
  ],
  ['not known', { owner: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = ownerGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});

it.each([
  ['HorizontalPodAutoscaler', 'pass'],
  ['KEDA', 'deny'],
  ['Argo CD application', 'deny'],
] as const)('%s, under a plan that acts through the autoscaler: %s', (kind, verdict) => {
  const plan = examplePlan({ remediation: 'raise-autoscaler-limit' });

  const facts = passingFacts({ owner: known({ kind, name: 'orders', advice: 'change it there' }) });

  expect(ownerGate.decide(plan, facts)).toMatchObject({ verdict });
});
