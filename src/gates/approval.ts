import { leastMode } from '../domain/mode.ts';
import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

/** An answer counts for the digest that was shown, once, and until it expires. */
export const approvalGate: Gate = {
  id: 'approval',
  summary: 'A named person has not said yes to exactly this plan.',
  appliesTo: ['forward'],
  decide(plan, { now, mode, approval, approvalDeadline }) {
    if (!mode.known) return missing(mode);
    if (leastMode([plan.mode, mode.value]) !== 'approve') return passed({ value: 'not asked for in this mode' });
    if (!approval.known) return missing(approval);
    const answer = approval.value?.planDigest === plan.digest ? approval.value : null;
    if (answer === null) {
      if (now >= approvalDeadline) {
        return { verdict: 'deny', reason: 'approval-expired', value: 'nobody answered in time' };
      }
      return {
        verdict: 'hold',
        until: approvalDeadline,
        reason: 'approval-awaited',
        value: 'no answer yet',
        unblockedBy: `hale approve ${plan.incidentId}`,
      };
    }
    if (answer.answer === 'refused') return { verdict: 'deny', reason: 'approval-refused', value: answer.by };
    if (answer.usedAt !== null) {
      return { verdict: 'deny', reason: 'approval-expired', value: `the yes of ${answer.by} was used already` };
    }
    if (now >= answer.expiresAt) {
      return { verdict: 'deny', reason: 'approval-expired', value: `the yes of ${answer.by} has expired` };
    }
    return passed({ value: `${answer.by} said yes` });
  },
};
