import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Instant } from './instant.ts';
import { Mode } from './mode.ts';
import { VerificationRule } from './policy.ts';
import { CauseReason } from './reason.ts';
import { Subject } from './subject.ts';

/** forward: help now. return: undo a time-boxed change that is due. */
export const PlanDirection = z.enum(['forward', 'return']);
export type PlanDirection = z.infer<typeof PlanDirection>;

/** What a plan would do, computed by code before anything is written. */
export const Preview = z.object({
  /** One line: `scale Deployment shop/orders from 3 to 5 replicas`. */
  summary: z.string(),
  /** Each field that changes. */
  changes: z.array(z.object({ field: z.string(), before: z.string(), after: z.string() })),
  /** What could suffer if this is wrong. */
  blastRadius: z.string(),
  /** The values, by field path, that the write tests; the plan is void when they moved. */
  touches: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** Replicas after the change, where the plan changes them: what the capacity guard computes with. */
  replicasAfter: z.number().int().nonnegative().optional(),
});
export type Preview = z.infer<typeof Preview>;

/** A verification rule as it is stored: queries filled in, lengths of time in ms. */
export const Measure = z.object({
  indicator: z.string().min(1),
  unit: VerificationRule.shape.unit,
  goodAtMost: z.number().positive(),
  traffic: z.string().min(1),
  minimumTraffic: z.number().positive(),
  holdMs: z.number().int().positive(),
  deadlineMs: z.number().int().positive(),
  settleMs: z.number().int().nonnegative(),
  worseFactor: z.number().min(1.05),
  neighbours: z.string().min(1).nullable(),
  /** The first two queries for whoever else feels the cause: `$felt_*` is left open in them. Plans of before have none. */
  elsewhere: z.object({ indicator: z.string().min(1), traffic: z.string().min(1) }).optional(),
});
export type Measure = z.infer<typeof Measure>;

/** A remediation with params and preview, frozen under its digest. */
export const Plan = z.object({
  id: z.string().min(1),
  incidentId: z.string().min(1),
  policyId: z.string().min(1),
  policyHash: z.string().min(1),
  /** Index in the policy's ladder. */
  rung: z.number().int().nonnegative(),
  remediation: z.string().min(1),
  risk: z.enum(['reversible', 'disruptive', 'one-way', 'pull-request']),
  direction: PlanDirection,
  causeReason: CauseReason,
  subject: Subject,
  params: z.unknown(),
  preview: Preview,
  /** What the policy asks for; the mode gate lowers it to what is allowed at this moment. */
  mode: Mode,
  digest: z.string().length(64),
  /** How often this rung has been tried in this incident, from 1. */
  attempt: z.number().int().positive(),
  proposedAt: Instant,
  /** Not acted upon by then: a person gets it. */
  deadline: Instant,
  returnAfterMs: z.number().int().positive().nullable(),
  /** For a return: the intent whose change is undone; its checkpoint says to what. */
  returnOfIntentId: z.string().nullable(),
  /** How recovery will be measured: the policy's rule with its queries filled in, so that a deleted policy does not end a verification. */
  measure: Measure,
  status: z.enum([
    'open',
    'applied',
    'declined',
    'denied',
    'void',
    'rolled-back',
    'failed',
    'expired',
    'not-verified',
    'verified',
  ]),
});
export type Plan = z.infer<typeof Plan>;

/** The fields that an approval is bound to. */
export type DigestInput = Pick<
  Plan,
  'incidentId' | 'attempt' | 'remediation' | 'params' | 'policyHash' | 'direction' | 'subject' | 'preview'
>;

/** SHA-256 over incident, attempt (so that an answer to an earlier, equal plan is not taken for this one), remediation, direction, params, subject UID, the values that the write tests, and the hash of its one policy. */
export function planDigest(plan: DigestInput): string {
  const bound = [
    plan.incidentId,
    plan.attempt,
    plan.remediation,
    plan.direction,
    plan.params,
    plan.subject.uid,
    plan.preview.touches,
    plan.policyHash,
  ];
  return createHash('sha256').update(canonicalJson(bound)).digest('hex');
}

/** JSON with object keys sorted, so that equal values have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
