import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

/** No write on the text of a webhook or a log alone: Hale itself must have read the cause at this moment. */
export const corroborationGate: Gate = {
  id: 'corroboration',
  summary: 'What Hale itself reads at this moment does not show the cause.',
  appliesTo: ['forward'],
  decide(plan, { corroboration }) {
    if (!corroboration.known) return missing(corroboration);
    const found = corroboration.value;
    if (found !== null && found.reason === plan.causeReason) {
      if (found.unsettled === undefined) return passed({ value: found.summary });
      return {
        verdict: 'hold',
        reason: 'unsettled',
        value: found.unsettled,
        unblockedBy: 'readings of the next minutes, which tell it apart or measure it',
      };
    }
    // A hold and no denial: one scrape may miss it, and a cause that stays away ends the incident by itself.
    return {
      verdict: 'hold',
      reason: 'uncorroborated',
      value: found === null ? 'not seen' : found.reason,
      limit: plan.causeReason,
      unblockedBy: 'the same cause in a new reading',
    };
  },
};
