import { z } from 'zod';
import { Instant } from './instant.ts';
import { Subject } from './subject.ts';

/** What was, or was not, done about an intent. `unknown` is never repeated: a person looks. */
export const IntentOutcome = z.object({
  result: z.enum(['applied', 'not-applied', 'unknown']),
  at: Instant,
  detail: z.string(),
});
export type IntentOutcome = z.infer<typeof IntentOutcome>;

/** apply: the plan's change. rollback: back to the checkpoint, because it did not help or is due for return. */
export const IntentDirection = z.enum(['apply', 'rollback']);
export type IntentDirection = z.infer<typeof IntentDirection>;

/** The promise to act, written before the write. */
export const Intent = z.object({
  id: z.string().min(1),
  /** Unique in the store: incident, policy, remediation, direction, attempt. */
  idempotencyKey: z.string().min(1),
  incidentId: z.string().min(1),
  planId: z.string().min(1),
  planDigest: z.string(),
  remediation: z.string(),
  direction: IntentDirection,
  subject: Subject,
  params: z.unknown(),
  /** What rollback needs; committed with the intent, before any write. */
  checkpoint: z.unknown(),
  committedAt: Instant,
  /** No write may start after this; `not-applied` may be said only after it. */
  deadline: Instant,
  outcome: IntentOutcome.nullable(),
});
export type Intent = z.infer<typeof Intent>;
