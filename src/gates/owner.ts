import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const ownerGate: Gate = {
  id: 'owner',
  summary: 'Somebody else owns what the plan would change and would put it back.',
  appliesTo: ['forward', 'return'],
  decide(_plan, { owner }) {
    if (!owner.known) return missing(owner);
    if (owner.value === null) return passed({ value: owner.source });
    return {
      verdict: 'deny',
      reason: 'owned-by-another',
      value: `${owner.value.kind} ${owner.value.name}`,
      unblockedBy: owner.value.advice,
    };
  },
};
