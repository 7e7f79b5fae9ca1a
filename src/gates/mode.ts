import { leastMode } from '../domain/mode.ts';
import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const modeGate: Gate = {
  id: 'mode',
  summary: 'The mode in force lets Hale only watch, or only tell.',
  appliesTo: ['forward'],
  decide(plan, { mode }) {
    if (!mode.known) return missing(mode);
    const effective = leastMode([plan.mode, mode.value]);
    const told = { value: effective, limit: `policy ${plan.mode}, operator ${mode.value} by ${mode.source}` };
    if (effective === 'approve' || effective === 'auto') return passed(told);
    return {
      verdict: 'deny',
      reason: effective === 'observe' ? 'mode-observe' : 'mode-suggest',
      ...told,
      unblockedBy:
        plan.mode === effective
          ? `\`mode: approve\` or \`mode: auto\` in policy ${plan.policyId}`
          : `a higher mode than ${mode.source} gives`,
    };
  },
};
