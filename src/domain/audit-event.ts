import { z } from 'zod';
import { Instant } from './instant.ts';

/** Closed list of what the audit log tells, noun-verb, with what it means. */
export const AUDIT_KINDS = {
  'incident-opened': 'a signal opened an incident',
  'phase-entered': 'the incident moved to another phase',
  'finding-recorded': 'a detector found something',
  'cause-named': 'diagnosis named a cause',
  'remediation-declined': 'a remediation that handles the cause said why it does not propose',
  'plan-proposed': 'a plan was frozen under its digest',
  'plan-voided': 'the world moved, so the plan and its approval are void',
  'gate-held': 'a gate holds the plan',
  'gate-denied': 'a gate denied the plan',
  'gates-passed': 'every gate passed the plan',
  'action-withheld': 'what would have been done, had the mode allowed it',
  'approval-requested': 'a named person was asked',
  'approval-given': 'a named person said yes',
  'approval-refused': 'a named person said no',
  'intent-committed': 'the promise to write was stored, before the write',
  'intent-settled': 'the outcome of the write was stored',
  'verification-read': 'the users indicator was read',
  'verification-ended': 'the judge of recovery came to its verdict',
  'obligation-created': 'something is owed after this phase',
  'obligation-ended': 'something owed was done, became void or failed',
  'notification-sent': 'a person was told',
  'notification-failed': 'a person could not be told on this channel',
  'freeze-changed': 'a person froze or unfroze Hale',
  'autonomy-lowered': 'autonomy of a policy in a namespace was lowered',
  'model-asked': 'the optional model was asked for words or hypotheses, with what it took',
  'attempts-exhausted': 'a phase failed too often',
} as const;

type AuditKindKey = keyof typeof AUDIT_KINDS;
export const AuditKind = z.enum(Object.keys(AUDIT_KINDS) as [AuditKindKey, ...AuditKindKey[]]);
export type AuditKind = z.infer<typeof AuditKind>;

/** An append-only fact. */
export const AuditEvent = z.object({
  at: Instant,
  kind: AuditKind,
  incidentId: z.string().nullable(),
  /** One line for people. */
  text: z.string(),
  /** The same for machines: reason codes, ids, values, limits. */
  data: z.record(z.string(), z.unknown()),
});
export type AuditEvent = z.infer<typeof AuditEvent>;
