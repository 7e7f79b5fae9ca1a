import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const freezeGate: Gate = {
  id: 'freeze',
  summary: 'A person has frozen Hale, in its store or by its ConfigMap.',
  appliesTo: ['forward', 'return'],
  decide(_plan, { frozen }) {
    if (!frozen.known) return missing(frozen);
    if (!frozen.value.frozen) return passed();
    return {
      verdict: 'hold',
      reason: 'frozen',
      value: `${frozen.value.by}: ${frozen.value.reason}`,
      unblockedBy: 'hale unfreeze',
    };
  },
};
