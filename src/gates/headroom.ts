import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const headroomGate: Gate = {
  id: 'headroom',
  summary: 'At the load of this moment the workload would not do with less.',
  appliesTo: ['return'],
  decide(_plan, { headroom }) {
    if (!headroom.known) return missing(headroom);
    const { saturationAfter, limit } = headroom.value;
    const told = { value: `${Math.round(saturationAfter * 100)} % afterwards`, limit: `${Math.round(limit * 100)} %` };
    if (saturationAfter <= limit) return passed(told);
    return { verdict: 'hold', reason: 'no-headroom', ...told, unblockedBy: 'less load' };
  },
};
