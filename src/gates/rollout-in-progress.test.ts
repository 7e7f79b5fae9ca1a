import { expect, it } from 'vitest';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { examplePlan, known, passingFacts, unknown } from './facts-for-tests.ts';
import { rolloutInProgressGate } from './rollout-in-progress.ts';

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['stable', {}, { verdict: 'pass', reason: 'ok' }],
  [
    'rolling out',
    { rollout: known({ state: 'progressing', detail: '1 of 3 updated' }) },
    { verdict: 'hold', reason: 'rollout-in-progress', value: 'progressing: 1 of 3 updated' },
  ],
  [
    'failed',
    { rollout: known({ state: 'failed', detail: 'deadline' }) },
    { verdict: 'hold', reason: 'rollout-in-progress' },
  ],
  ['not known', { rollout: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = rolloutInProgressGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});

it.each([
  ['progressing', 'pass'],
  ['failed', 'pass'],
  ['paused', 'hold'],
] as const)('%s, under a plan that undoes the release: %s', (state, verdict) => {
  const plan = examplePlan({ remediation: 'rollback-release' });

  const facts = passingFacts({ rollout: known({ state, detail: 'so' }) });

  expect(rolloutInProgressGate.decide(plan, facts)).toMatchObject({ verdict });
});
