import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const evidenceSavedGate: Gate = {
  id: 'evidence-saved',
  summary: 'What the action would destroy, or a person would ask for afterwards, is not saved yet.',
  appliesTo: ['forward'],
  decide(_plan, { evidence }) {
    if (!evidence.known) return missing(evidence);
    const { saved, required } = evidence.value;
    const lacking = required.filter((kind) => !saved.includes(kind));
    if (lacking.length === 0) return passed({ value: saved.join(', '), limit: required.join(', ') });
    return {
      verdict: 'hold',
      reason: 'evidence-missing',
      value: `missing: ${lacking.join(', ')}`,
      limit: required.join(', '),
      unblockedBy: 'the missing evidence in the store',
    };
  },
};
