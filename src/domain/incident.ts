import { z } from 'zod';
import { RecognisedAlert } from './alert-class.ts';
import { EvidenceKind } from './evidence.ts';
import { Cause, Finding } from './finding.ts';
import { Instant } from './instant.ts';
import { Phase } from './phase.ts';
import { Plan } from './plan.ts';
import { Subject } from './subject.ts';
import { RecordedVerdict } from './verdict.ts';

/** One reading of the users' indicator. `null` = no answer; never zero. */
export const IndicatorReading = z.object({
  at: Instant,
  indicator: z.number().nullable(),
  trafficPerS: z.number().nullable(),
  /** The workload whose users these are, where it is not the incident's own. */
  feltBy: z.string().optional(),
});
export type IndicatorReading = z.infer<typeof IndicatorReading>;

/** Progress of the one judge of recovery (`src/verification`). */
export const VerificationState = z.object({
  startedAt: Instant,
  /** When the change was first seen in force. */
  inForceAt: Instant.nullable(),
  /** What users felt at the moment of the action. */
  before: IndicatorReading,
  neighboursBefore: z.record(z.string(), z.number()),
  goodSince: Instant.nullable(),
  worseSince: Instant.nullable(),
  last: IndicatorReading.nullable(),
  verdict: z.enum(['pending', 'recovered', 'persisting', 'worse', 'reverted', 'failed', 'unknown']),
});
export type VerificationState = z.infer<typeof VerificationState>;

/** Signals about one subject, later linked to a cause, with a persisted phase. */
export const Incident = z.object({
  record: z.literal('incident'),
  id: z.string().min(1),
  version: z.number().int().nonnegative(),
  /** `subject:<uid>`, or `signal:<fingerprint>` where no subject could be resolved: that one is never acted upon. */
  key: z.string().min(1),
  /** heal: signals opened it. return: a due return runs through the same phases, from gated on. */
  purpose: z.enum(['heal', 'return']),
  title: z.string(),
  subject: Subject.nullable(),
  phase: Phase,
  phaseSince: Instant,
  openedAt: Instant,
  closedAt: Instant.nullable(),
  wakeAt: Instant.nullable(),
  /** Ticks begun since the last one that was committed to its end. */
  attempts: z.number().int().nonnegative(),
  /** The newest inbox position that a tick has taken in. */
  inboxRead: z.number().int().nonnegative(),
  /** Occurrences that still fire, by the signals alone. */
  firing: z.array(z.string()),
  lastSignalAt: Instant,
  /** What its alerts mean, by rule; recorded when it is diagnosed. */
  alerts: z.array(RecognisedAlert).optional(),
  findings: z.array(Finding),
  causes: z.array(Cause),
  /** The cause key that this incident has reserved as leader. */
  causeKey: z.string().nullable(),
  /** The incident that leads the same cause, while following. */
  leaderId: z.string().nullable(),
  /** The incident that this one came back from, or whose return it runs. */
  previousId: z.string().nullable(),
  /** First rung to plan: one up from the one that helped before, when the cause came back. */
  startRung: z.number().int().nonnegative(),
  plans: z.array(Plan),
  planId: z.string().nullable(),
  intentId: z.string().nullable(),
  verdicts: z.array(RecordedVerdict),
  /** Kinds of evidence saved for the current plan. */
  evidenceSaved: z.array(EvidenceKind),
  worldMovedCount: z.number().int().nonnegative(),
  /** Since when the condition has been gone by Hale's own measure, before acting. */
  wellSince: Instant.nullable(),
  quietSince: Instant.nullable(),
  verification: VerificationState.nullable(),
  /** Why it ended as it did, in one line for people. */
  outcome: z.string().nullable(),
});
export type Incident = z.infer<typeof Incident>;

/** The plan that the incident is working on. */
export function currentPlan(incident: Incident): Plan | undefined {
  return incident.plans.find((plan) => plan.id === incident.planId);
}

/** Key of the one incident about the way of the alerts itself: the Watchdog alert does not arrive. */
export const WATCHDOG_KEY = 'signal:watchdog';
