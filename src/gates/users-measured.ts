import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const usersMeasuredGate: Gate = {
  id: 'users-measured',
  summary: 'Whether users are well cannot be said, or they are not: no time to take help away.',
  appliesTo: ['return'],
  decide(_plan, { users }) {
    if (!users.known) return { ...missing(users), reason: 'users-unmeasured' };
    const { indicator, goodAtMost, trafficPerS, minimumTraffic } = users.value;
    if (trafficPerS < minimumTraffic) {
      return {
        verdict: 'hold',
        reason: 'users-unmeasured',
        value: `${trafficPerS} requests/s`,
        limit: `${minimumTraffic} requests/s`,
        unblockedBy: 'enough traffic to measure by, or a person who returns it by hand',
      };
    }
    const told = { value: indicator, limit: goodAtMost };
    if (indicator <= goodAtMost) return passed(told);
    return { verdict: 'hold', reason: 'no-headroom', ...told, unblockedBy: 'users who are well again' };
  },
};
