import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

const ACTS_THROUGH_AUTOSCALER = 'raise-autoscaler-limit';

export const ownerGate: Gate = {
  id: 'owner',
  summary: 'Somebody else owns what the plan would change and would put it back.',
  appliesTo: ['forward', 'return'],
  decide(plan, { owner }) {
    if (!owner.known) return missing(owner);
    if (owner.value === null) return passed({ value: owner.source });
    // To act through the autoscaler is to act through the owner; whether somebody keeps the autoscaler itself, its proposal has looked.
    if (plan.remediation === ACTS_THROUGH_AUTOSCALER && owner.value.kind === 'HorizontalPodAutoscaler')
      return passed({ value: `through ${owner.value.kind} ${owner.value.name}` });
    return {
      verdict: 'deny',
      reason: 'owned-by-another',
      value: `${owner.value.kind} ${owner.value.name}`,
      unblockedBy: owner.value.advice,
    };
  },
};
