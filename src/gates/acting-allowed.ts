import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const actingAllowedGate: Gate = {
  id: 'acting-allowed',
  summary: 'The store cannot take an intent, and nothing is written that is not promised there first.',
  appliesTo: ['forward', 'return'],
  decide(_plan, { storeWritable }) {
    if (!storeWritable.known) return missing(storeWritable);
    if (storeWritable.value) return passed();
    return {
      verdict: 'hold',
      reason: 'acting-stopped',
      value: 'the store cannot be written',
      unblockedBy: "room on the store's volume",
    };
  },
};
