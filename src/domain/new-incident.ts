import type { Incident } from './incident.ts';
import type { Subject } from './subject.ts';

/** A fresh incident that collects its signals until `wakeAt`: the one place that says how an incident begins. */
export function newIncident(given: {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly subject: Subject | null;
  readonly now: number;
  readonly wakeAt: number;
}): Incident {
  return {
    record: 'incident',
    id: given.id,
    version: 0,
    key: given.key,
    purpose: 'heal',
    title: given.title,
    subject: given.subject,
    phase: 'collecting',
    phaseSince: given.now,
    openedAt: given.now,
    closedAt: null,
    wakeAt: given.wakeAt,
    attempts: 0,
    inboxRead: 0,
    // Filled from the inbox by the first tick, like everything that signals say.
    firing: [],
    lastSignalAt: given.now,
    findings: [],
    causes: [],
    causeKey: null,
    leaderId: null,
    previousId: null,
    startRung: 0,
    plans: [],
    planId: null,
    intentId: null,
    verdicts: [],
    evidenceSaved: [],
    worldMovedCount: 0,
    wellSince: null,
    quietSince: null,
    verification: null,
    outcome: null,
  };
}
