import { z } from 'zod';
import type { Incident } from './incident.ts';
import { Instant } from './instant.ts';
import { ModelSpend } from './model-words.ts';
import { Subject } from './subject.ts';

/** Closed list of what outlives a phase. */
export const OBLIGATION_KINDS = {
  return: 'undo a time-boxed change when it is due',
  'recurrence-watch': 'see for a while whether the cause comes back',
  'deliver-notification': 'tell a person, with retries and a second channel',
  'resolve-notification': 'tell the same channel that it is over',
  'write-narrative': 'ask the model, where one is configured, for the story of the incident',
  investigate: 'ask the model, where one is configured, what it suspects; detectors test it',
} as const;
type ObligationKindKey = keyof typeof OBLIGATION_KINDS;
export const ObligationKind = z.enum(Object.keys(OBLIGATION_KINDS) as [ObligationKindKey, ...ObligationKindKey[]]);
export type ObligationKind = z.infer<typeof ObligationKind>;

/** What is told. The text is redacted and has no network addresses before it is stored. */
export const Notification = z.object({
  /** One per incident and subject matter: the same key updates or resolves the first message. */
  dedupeKey: z.string().min(1),
  severity: z.enum(['info', 'warning', 'page']),
  kind: z.enum(['suggestion', 'approval', 'acted', 'resolved', 'escalated', 'storm', 'returned']),
  title: z.string(),
  /** Lines, most important first. */
  lines: z.array(z.string()),
  incidentId: z.string().nullable(),
});
export type Notification = z.infer<typeof Notification>;

const DeliveryState = z.object({
  notification: Notification,
  channel: z.enum(['first', 'second', 'cluster-event']),
  deliveredAt: Instant.nullable(),
  lastError: z.string().nullable(),
});

/** What Hale still owes. `attempts` counts tries of the current step. */
export const Obligation = z.object({
  record: z.literal('obligation'),
  id: z.string().min(1),
  version: z.number().int().nonnegative(),
  incidentId: z.string().nullable(),
  subject: Subject.nullable(),
  createdAt: Instant,
  dueAt: Instant,
  /** Past this it is a person's. */
  deadline: Instant,
  wakeAt: Instant.nullable(),
  attempts: z.number().int().nonnegative(),
  status: z.enum(['open', 'done', 'void', 'failed']),
  outcome: z.string().nullable(),
  duty: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('return'),
      intentId: z.string(),
      planId: z.string(),
      /** The linked incident that runs the return, once due. */
      returnIncidentId: z.string().nullable(),
    }),
    z.object({ kind: z.literal('recurrence-watch'), causeKey: z.string() }),
    z.object({ kind: z.literal('deliver-notification'), delivery: DeliveryState }),
    z.object({ kind: z.literal('resolve-notification'), delivery: DeliveryState }),
    /** `about`: key of the cause whose story it is. */
    z.object({ kind: z.literal('write-narrative'), about: z.string(), spend: ModelSpend }),
    z.object({ kind: z.literal('investigate'), spend: ModelSpend }),
  ]),
});
export type Obligation = z.infer<typeof Obligation>;

/** What moves: persisted, versioned, woken by the same waker. */
export type MovingRecord = Incident | Obligation;
export type RecordKind = MovingRecord['record'];
export interface RecordRef {
  readonly record: RecordKind;
  readonly id: string;
}
