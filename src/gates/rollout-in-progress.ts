import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

const ENDS_ROLLOUTS = 'rollback-release';

export const rolloutInProgressGate: Gate = {
  id: 'rollout-in-progress',
  summary: 'The workload is rolling out, is paused, or its last rollout failed.',
  appliesTo: ['forward', 'return'],
  decide(plan, { rollout }) {
    if (!rollout.known) return missing(rollout);
    if (rollout.value.state === 'stable') return passed({ value: rollout.value.detail });
    // A release that is stuck or still under way is what this one undoes. One that a person paused waits for that person.
    if (plan.remediation === ENDS_ROLLOUTS && rollout.value.state !== 'paused')
      return passed({ value: `${rollout.value.state}: ${rollout.value.detail}; this plan ends it` });
    return {
      verdict: 'hold',
      reason: 'rollout-in-progress',
      value: `${rollout.value.state}: ${rollout.value.detail}`,
      limit: 'stable',
      unblockedBy: 'the end of the rollout',
    };
  },
};
