import { z } from 'zod';
import { Approval } from './approval.ts';
import { EvidenceKind } from './evidence.ts';
import { Finding } from './finding.ts';
import { Instant } from './instant.ts';
import { Mode } from './mode.ts';

/** A fact with its source and age; or why it is missing. A gate that needs a missing fact holds. */
function fact<T extends z.ZodType>(value: T) {
  return z.discriminatedUnion('known', [
    z.object({ known: z.literal(true), value, source: z.string(), at: Instant }),
    z.object({ known: z.literal(false), source: z.string(), at: Instant, why: z.string() }),
  ]);
}
export type Fact<T> =
  | { known: true; value: T; source: string; at: Instant }
  | { known: false; source: string; at: Instant; why: string };

/** Actions already counted against one budget. */
const BudgetUse = z.object({
  scope: z.enum(['workload', 'namespace', 'cluster', 'cause']),
  key: z.string(),
  used: z.number().int(),
  limit: z.number().int(),
  windowMs: z.number().int(),
  oldestAt: Instant.nullable(),
});

/**
 * Everything that the gates decide on, collected once per decision. Gates are pure functions of (plan, facts), so that live runs,
 * replays and property tests run the same code. Serialisable as it stands.
 */
export const GateFacts = z.object({
  now: Instant,
  frozen: fact(z.object({ frozen: z.boolean(), by: z.string(), reason: z.string() })),
  /** Whether the store still takes intents (a full disk stops acting, not listening). */
  storeWritable: fact(z.boolean()),
  scope: fact(
    z.object({ namespaceAllowed: z.boolean(), workloadOptedIn: z.boolean(), namespaces: z.array(z.string()) }),
  ),
  /** The object as the API server has it at this moment; null = gone. */
  subject: fact(
    z
      .object({
        uid: z.string(),
        replicas: z.number().int().nullable(),
        touched: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      })
      .nullable(),
  ),
  rollout: fact(z.object({ state: z.enum(['stable', 'progressing', 'failed', 'paused']), detail: z.string() })),
  /** Who else owns what the plan would change; null = nobody. */
  owner: fact(z.object({ kind: z.string(), name: z.string(), advice: z.string() }).nullable()),
  /** When the newest signal or reading that shows the condition is from. */
  observedAt: fact(Instant),
  maxObservationAgeMs: z.number().int().positive(),
  /** The cause as a detector finds it again now, from metrics and objects that Hale itself read; null = not there. */
  corroboration: fact(
    Finding.pick({ summary: true, confidence: true, unsettled: true }).extend({ reason: z.string() }).nullable(),
  ),
  cooldown: fact(z.object({ lastActionAt: Instant.nullable(), cooldownMs: z.number().int() })),
  budgets: fact(z.array(BudgetUse)),
  /** The plan that holds the subject, if any. */
  busyWith: fact(z.string().nullable()),
  capacity: fact(
    z.object({
      database: z.string(),
      declaredNone: z.boolean(),
      maxConnections: z.number(),
      reservedConnections: z.number(),
      /** Open on the server at this moment, all clients. */
      usedConnections: z.number(),
      /** Of those, held by the workload's own pools. */
      ownConnections: z.number(),
      poolMaxPerReplica: z.number(),
      refusing: z.boolean(),
    }),
  ),
  storm: fact(
    z.object({
      sickSubjects: z.number().int(),
      limit: z.number().int(),
      windowMs: z.number().int(),
      actionsInStorm: z.number().int(),
    }),
  ),
  evidence: fact(z.object({ saved: z.array(EvidenceKind), required: z.array(EvidenceKind) })),
  /** What the operator allows for this policy in this namespace, after all lowering. */
  mode: fact(Mode),
  approval: fact(Approval.nullable()),
  approvalDeadline: Instant,
  /** For returns: whether users can be measured, and how the indicator stands against what is good. */
  users: fact(
    z.object({ indicator: z.number(), goodAtMost: z.number(), trafficPerS: z.number(), minimumTraffic: z.number() }),
  ),
  /** For returns: saturation that would follow at today's load with fewer replicas, 0..1; above 0.8 there is no headroom. */
  headroom: fact(z.object({ saturationAfter: z.number(), limit: z.number() })),
});
export type GateFacts = z.infer<typeof GateFacts>;
