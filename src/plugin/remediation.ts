import type { z } from 'zod';
import type { EvidenceKind } from '../domain/evidence.ts';
import type { Cause } from '../domain/finding.ts';
import type { Intent, IntentDirection } from '../domain/intent.ts';
import type { Permission } from '../domain/permission.ts';
import type { Preview } from '../domain/plan.ts';
import type { CauseReason } from '../domain/reason.ts';
import type { ActContext, ReadContext } from './context.ts';

type Rollback<K> = (checkpoint: K, ctx: ActContext) => Promise<void>;

export type Effect = 'pending' | 'in-force' | 'reverted' | 'failed';

interface RemediationBase<S, P, K> {
  readonly id: string;
  /** One line for people. */
  readonly summary: string;
  readonly needs: readonly Permission[];
  readonly handles: readonly CauseReason[];
  /** What a policy may set about it: ceilings, steps. */
  readonly settings: z.ZodType<S>;
  readonly params: z.ZodType<P>;
  readonly checkpoint: z.ZodType<K>;
  /** The minimum saved before the plan may act; missing = hold, then a person. */
  readonly evidence: readonly EvidenceKind[];
  propose(cause: Cause, settings: S, ctx: ReadContext): Promise<{ readonly params: P } | { readonly declined: string }>;
  /** Blast radius, before and after, computed by code. Throws `world-moved` when the object is gone. */
  preview(cause: Cause, params: P, ctx: ReadContext): Promise<Preview>;
  /** What rollback will need; committed with the intent, before any write. */
  prepare(cause: Cause, params: P, ctx: ReadContext): Promise<K>;
  /** Idempotent under the intent id; refused past the intent's deadline. */
  apply(params: P, checkpoint: K, ctx: ActContext): Promise<void>;
  /** After a crash: looks, never repeats blindly. `not-applied` only after the intent's deadline. */
  settle(intent: Intent, ctx: ReadContext): Promise<'applied' | 'not-applied' | 'unknown'>;
  /** Whether the change (or, for direction rollback, its undoing) took. Users are judged elsewhere. */
  effect(params: P, checkpoint: K, direction: IntentDirection, ctx: ReadContext): Promise<Effect>;
}

export type RemediationDefinition<S, P, K> = RemediationBase<S, P, K> &
  (
    | { readonly risk: 'reversible'; readonly rollback: Rollback<K> }
    | {
        readonly risk: 'disruptive' | 'one-way' | 'pull-request';
        readonly rollback: Rollback<K> | { readonly none: string };
      }
  );

/** The erased form: settings, params and checkpoint are parsed on the way in. */
export type Remediation = RemediationDefinition<unknown, unknown, unknown>;

export function defineRemediation<S, P, K>(definition: RemediationDefinition<S, P, K>): Remediation {
  const { settings, params, checkpoint } = definition;
  const rollback = definition.rollback;
  const erased = {
    ...definition,
    propose: (cause: Cause, given: unknown, ctx: ReadContext) => definition.propose(cause, settings.parse(given), ctx),
    preview: (cause: Cause, given: unknown, ctx: ReadContext) => definition.preview(cause, params.parse(given), ctx),
    prepare: (cause: Cause, given: unknown, ctx: ReadContext) => definition.prepare(cause, params.parse(given), ctx),
    apply: (given: unknown, saved: unknown, ctx: ActContext) =>
      definition.apply(params.parse(given), checkpoint.parse(saved), ctx),
    effect: (given: unknown, saved: unknown, direction: IntentDirection, ctx: ReadContext) =>
      definition.effect(params.parse(given), checkpoint.parse(saved), direction, ctx),
    rollback:
      typeof rollback === 'function'
        ? (saved: unknown, ctx: ActContext) => rollback(checkpoint.parse(saved), ctx)
        : rollback,
  };
  // The union is kept by construction: risk and rollback come from one definition.
  return erased as Remediation;
}
