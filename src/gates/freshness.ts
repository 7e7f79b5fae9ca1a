import type { Gate } from '../plugin/gate.ts';
import { durationText, missing, passed } from './verdicts.ts';

export const freshnessGate: Gate = {
  id: 'freshness',
  summary: 'What the plan rests on was observed too long ago, or by a clock that is ahead.',
  appliesTo: ['forward'],
  decide(_plan, { now, observedAt, maxObservationAgeMs }) {
    if (!observedAt.known) return missing(observedAt);
    const ageMs = now - observedAt.value;
    const told = { value: durationText(ageMs), limit: durationText(maxObservationAgeMs) };
    // An observation from the future says that the clocks differ: its age is not known any better than that.
    if (Math.abs(ageMs) <= maxObservationAgeMs) return passed(told);
    return { verdict: 'hold', reason: 'stale', ...told, unblockedBy: 'a new signal, or a new reading of the cause' };
  },
};
