import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const rolloutInProgressGate: Gate = {
  id: 'rollout-in-progress',
  summary: 'The workload is rolling out, is paused, or its last rollout failed.',
  appliesTo: ['forward', 'return'],
  decide(_plan, { rollout }) {
    if (!rollout.known) return missing(rollout);
    if (rollout.value.state === 'stable') return passed({ value: rollout.value.detail });
    return {
      verdict: 'hold',
      reason: 'rollout-in-progress',
      value: `${rollout.value.state}: ${rollout.value.detail}`,
      limit: 'stable',
      unblockedBy: 'the end of the rollout',
    };
  },
};
