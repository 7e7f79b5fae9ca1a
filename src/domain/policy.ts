import { createHash } from 'node:crypto';
import { z } from 'zod';
import { Mode } from './mode.ts';
import { CauseReason } from './reason.ts';

const DURATION_UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A length of time as people write it (`90s`, `10m`, `2h`, `1d`); parsed to milliseconds. */
export const DurationMs = z
  .string()
  .regex(/^[1-9]\d{0,5}(s|m|h|d)$/, 'a duration like 90s, 10m, 2h or 1d')
  .transform((text) => Number(text.slice(0, -1)) * DURATION_UNITS[text.slice(-1) as keyof typeof DURATION_UNITS]);

/** How many actions may be counted in a sliding window. */
export const Budget = z.strictObject({ actions: z.number().int().min(0).max(1_000), per: DurationMs });
export type Budget = z.infer<typeof Budget>;

/**
 * How recovery is measured, in PromQL. `$namespace`, `$workload` and `$pods` (an anchored regular expression of the workload's
 * pod names), and the same with `felt_` before them for the workload whose users feel it, are replaced by code with escaped values read from
 * Kubernetes, never with text of an alert.
 */
export const VerificationRule = z.strictObject({
  /** What users feel, lower is better; one number. */
  indicator: z.string().min(1),
  unit: z.enum(['seconds', 'ratio', 'requests']),
  /** Users are well while the indicator is at most this. */
  goodAtMost: z.number().positive(),
  /** Requests per second of the users concerned. */
  traffic: z.string().min(1),
  /** Under this much traffic nothing can be said. */
  minimumTraffic: z.number().positive(),
  /** Well for this long without a break. */
  hold: DurationMs,
  /** Judged at the latest so long after the action; then unknown. */
  deadline: DurationMs,
  /** Readings earlier than this after the change took still look back at the time before it: they cannot show that users are worse for it. */
  settle: DurationMs.default(60_000),
  /** Users are worse when the indicator exceeds what it was at the action by this factor. */
  worseFactor: z.number().min(1.05).default(1.5),
  /** The same indicator for neighbours (one series each); none of them may get worse by `worseFactor` and exceed `goodAtMost`. */
  neighbours: z.string().min(1).optional(),
});
export type VerificationRule = z.infer<typeof VerificationRule>;

/** One rung: a remediation with what the policy fixes about it. */
export const Rung = z.strictObject({
  remediation: z.string().min(1),
  /** What the remediation's own `settings` schema takes: ceilings, steps, declared databases. */
  settings: z.record(z.string(), z.unknown()).default({}),
  /** Undo the change after this long, through the same gates. */
  returnAfter: DurationMs.optional(),
});
export type Rung = z.infer<typeof Rung>;

/** Which cause may lead to which remediation, in which mode, inside which limits. One YAML document. */
export const Policy = z.strictObject({
  apiVersion: z.literal('hale/v1'),
  kind: z.literal('Policy'),
  id: z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, 'a kebab-case id'),
  description: z.string().min(1),
  cause: CauseReason,
  /** CEL over `cause`, `subject` and `workload`; true = this policy applies. */
  when: z.string().min(1).optional(),
  mode: Mode.default('observe'),
  /** Namespaces the policy is for; absent = all that the operator allows. An empty list is refused. */
  namespaces: z.array(z.string().min(1)).min(1).optional(),
  /** Tried in this order. */
  ladder: z.array(Rung).min(1).max(8),
  limits: z.strictObject({
    cooldown: DurationMs,
    /** Counted from the store; all of them must have room. */
    budgets: z.strictObject({ workload: Budget, namespace: Budget, cluster: Budget, cause: Budget }),
    /** A plan that could not act for this long goes to a person. */
    planDeadline: DurationMs,
    /** How long a named person has to answer, in mode approve. */
    approvalWithin: DurationMs,
  }),
  verification: VerificationRule,
});
export type Policy = z.infer<typeof Policy>;

/** A policy with the hash of the text that it came from: the digest of every plan is bound to it. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly hash: string;
  readonly file: string;
}

/**
 * What a lowering of autonomy is bound to: the text of the named policy, or of all of them for `*`. Whoever changes the file has looked at
 * it since, so the lowering ends with the change.
 */
export function rulesHash(policies: readonly LoadedPolicy[], policyId: string): string {
  const concerned = policies.filter(({ policy }) => policyId === '*' || policy.id === policyId);
  return createHash('sha256')
    .update(
      concerned
        .map(({ policy, hash }) => `${policy.id} ${hash}`)
        .sort()
        .join('\n'),
    )
    .digest('hex');
}
