import type { Gate } from '../plugin/gate.ts';
import { durationText, missing, passed } from './verdicts.ts';

/** When much is sick at once the cause is shared, and local fixes make it worse. */
export const stormBreakerGate: Gate = {
  id: 'storm-breaker',
  summary: 'So many workloads are sick at once that the cause must be shared.',
  appliesTo: ['forward', 'return'],
  decide(_plan, { storm }) {
    if (!storm.known) return missing(storm);
    const { sickSubjects, limit, windowMs, actionsInStorm } = storm.value;
    const told = {
      value: `${sickSubjects} sick, ${actionsInStorm} acted upon`,
      limit: `${limit} in ${durationText(windowMs)}`,
    };
    if (sickSubjects < limit) return passed(told);
    return { verdict: 'hold', reason: 'storm', ...told, unblockedBy: 'quiet, or a person who finds the shared cause' };
  },
};
