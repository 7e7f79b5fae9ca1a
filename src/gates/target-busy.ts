import type { Gate } from '../plugin/gate.ts';
import { missing } from './verdicts.ts';

/** The reservation key of a subject: one action at a time on one life of an object. */
export function subjectKey(uid: string): string {
  return `subject:${uid}`;
}

export const targetBusyGate: Gate = {
  id: 'target-busy',
  summary: 'Another action on the same workload is still under way or being verified.',
  appliesTo: ['forward', 'return'],
  decide(plan, { busyWith }) {
    if (!busyWith.known) return missing(busyWith);
    const holder = busyWith.value;
    if (holder !== null && holder !== plan.id && holder !== plan.incidentId) {
      return { verdict: 'hold', reason: 'target-busy', value: holder, unblockedBy: 'the end of that action' };
    }
    return { verdict: 'pass', reason: 'ok', reserve: [{ kind: 'exclusive', key: subjectKey(plan.subject.uid) }] };
  },
};
