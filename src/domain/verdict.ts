import { z } from 'zod';
import { Instant } from './instant.ts';

/** Closed list of why a gate passes, holds or denies, with an example each. `ok` is the only passing reason. */
export const GATE_REASONS = {
  ok: 'nothing speaks against it',
  'data-missing': 'the API server did not answer, so the replicas are not known',
  'gate-failed': 'the gate itself threw; that denies',
  frozen: 'a person has frozen Hale',
  'acting-stopped': 'the store is full, so nothing may be acted upon',
  'out-of-scope': "namespace payments is not in the operator's list, or the workload has not opted in",
  'subject-missing': 'the Deployment was deleted, or is another one of the same name',
  'world-moved': 'the plan was made at 3 replicas, now there are 5',
  'subject-unresolved': 'no workload could be resolved from the alert',
  stale: 'the newest observation is older than the limit',
  uncorroborated: 'the metric that Hale read at this moment does not show the cause',
  unsettled:
    'a pool waits, and whether the load or a leak fills it cannot be told yet; or lines of a log alone tell of it',
  cooldown: 'the same workload was acted upon 3 minutes ago, cooldown is 10 minutes',
  'budget-spent': '3 of 3 actions on this workload within 24 hours',
  'target-busy': 'another action on this workload is still being verified',
  'rollout-in-progress': 'the Deployment is rolling out generation 12',
  'owned-by-another': 'a HorizontalPodAutoscaler owns the replica count',
  'capacity-exceeded': '8 replicas x 10 connections + 30 others exceed 97 usable connections',
  'database-is-bottleneck': 'the database refuses connections: more replicas would make it worse',
  'database-undeclared': 'whether the workload uses a database is neither known nor declared',
  storm: '7 sick workloads within 5 minutes, the limit is 5',
  'evidence-missing': 'the evidence that the remediation names is not saved yet',
  'mode-observe': 'the mode is observe: recorded as what would have been done',
  'mode-suggest': 'the mode is suggest: a person is told what to do',
  'approval-awaited': 'a named person has not answered yet',
  'approval-refused': 'a person said no',
  'approval-expired': 'nobody answered in time',
  'users-unmeasured': 'users cannot be measured, so a return waits for a person',
  'no-headroom': "at today's load the workload would not do with fewer replicas",
} as const;

type GateReasonKey = keyof typeof GATE_REASONS;
export const GateReason = z.enum(Object.keys(GATE_REASONS) as [GateReasonKey, ...GateReasonKey[]]);
export type GateReason = z.infer<typeof GateReason>;

/**
 * Something that may be held by one plan at a time (`exclusive`), or counted in a window (`count`).
 * Taken in the same commit as the intent; a commit whose reservation does not fit fails whole.
 */
export const Reservation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exclusive'), key: z.string().min(1) }),
  z.object({
    kind: z.literal('count'),
    key: z.string().min(1),
    limit: z.number().int().nonnegative(),
    windowMs: z.number().int().positive(),
  }),
]);
export type Reservation = z.infer<typeof Reservation>;

const Explained = {
  reason: GateReason,
  /** What was measured, in words or as a number. */
  value: z.union([z.string(), z.number()]).optional(),
  limit: z.union([z.string(), z.number()]).optional(),
  /** What would let the plan through. */
  unblockedBy: z.string().optional(),
};

export const GateVerdict = z.discriminatedUnion('verdict', [
  z.object({ verdict: z.literal('pass'), reserve: z.array(Reservation).optional(), ...Explained }),
  z.object({ verdict: z.literal('hold'), until: Instant.optional(), ...Explained }),
  z.object({ verdict: z.literal('deny'), ...Explained }),
]);
export type GateVerdict = z.infer<typeof GateVerdict>;

/** One gate's verdict on one plan, kept for `hale why`. */
export const RecordedVerdict = z.object({ gate: z.string(), at: Instant, verdict: GateVerdict });
export type RecordedVerdict = z.infer<typeof RecordedVerdict>;
