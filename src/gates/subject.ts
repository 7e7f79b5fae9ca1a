import type { Gate } from '../plugin/gate.ts';
import { missing, passed } from './verdicts.ts';

export const subjectGate: Gate = {
  id: 'subject',
  summary: 'The object is gone, is another one of the same name, or is no longer as it was when the plan was made.',
  appliesTo: ['forward', 'return'],
  decide(plan, { subject }) {
    if (!subject.known) return missing(subject);
    if (subject.value === null || subject.value.uid !== plan.subject.uid) {
      return {
        verdict: 'deny',
        reason: 'subject-missing',
        value: subject.value === null ? 'gone' : `UID ${subject.value.uid}`,
        limit: `UID ${plan.subject.uid}`,
      };
    }
    const { touched } = subject.value;
    for (const [field, planned] of Object.entries(plan.preview.touches)) {
      const current = Object.hasOwn(touched, field) ? touched[field] : undefined;
      if (current === planned) continue;
      return {
        verdict: 'deny',
        reason: 'world-moved',
        value: `${field} is ${String(current ?? 'absent')}`,
        limit: `${field} was ${String(planned)}`,
        unblockedBy: 'a new plan for the object as it is now',
      };
    }
    return passed();
  },
};
