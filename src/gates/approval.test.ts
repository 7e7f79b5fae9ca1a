import { expect, it } from 'vitest';
import type { Approval } from '../domain/approval.ts';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';
import { approvalGate } from './approval.ts';
import { examplePlan, known, NOW, passingFacts, unknown } from './facts-for-tests.ts';

const approving = { mode: known('approve' as const) };

function answered(changes: Partial<Approval> = {}): Partial<GateFacts> {
  const approval: Approval = {
    id: 'approval-1',
    incidentId: 'incident-1',
    planDigest: examplePlan().digest,
    answer: 'approved',
    by: 'sam',
    at: NOW - 1_000,
    expiresAt: NOW + 1_000,
    usedAt: null,
    ...changes,
  };
  return { ...approving, approval: known(approval) };
}

it.each<[string, Partial<GateFacts>, Partial<GateVerdict>]>([
  ['mode auto asks nobody', { approval: unknown() }, { verdict: 'pass', reason: 'ok' }],
  ['no answer yet', approving, { verdict: 'hold', reason: 'approval-awaited', until: NOW + 600_000 }],
  ['nobody answered in time', { ...approving, approvalDeadline: NOW }, { verdict: 'deny', reason: 'approval-expired' }],
  ['yes', answered(), { verdict: 'pass', reason: 'ok', value: 'sam said yes' }],
  ['no', answered({ answer: 'refused' }), { verdict: 'deny', reason: 'approval-refused', value: 'sam' }],
  ['a yes that has expired', answered({ expiresAt: NOW }), { verdict: 'deny', reason: 'approval-expired' }],
  ['a yes that was used', answered({ usedAt: NOW - 500 }), { verdict: 'deny', reason: 'approval-expired' }],
  ['a yes to another plan', answered({ planDigest: 'f'.repeat(64) }), { verdict: 'hold', reason: 'approval-awaited' }],
  [
    'a no to another plan',
    answered({ planDigest: 'f'.repeat(64), answer: 'refused' }),
    { verdict: 'hold', reason: 'approval-awaited' },
  ],
  ['not known', { ...approving, approval: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
  ['the mode is not known', { mode: unknown() }, { verdict: 'hold', reason: 'data-missing' }],
])('%s', (_name, changes, expected) => {
  const verdict = approvalGate.decide(examplePlan(), passingFacts(changes));

  expect(verdict).toMatchObject(expected);
});
