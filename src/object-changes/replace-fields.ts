import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { HaleError, isHaleError } from '../domain/errors.ts';
import type { Intent, IntentDirection } from '../domain/intent.ts';
import { Subject, subjectName } from '../domain/subject.ts';
import type { ActContext, ReadContext } from '../plugin/context.ts';
import type { FieldReplacement } from '../ports/cluster.ts';
import { intentOn, markOf } from './intent-mark.ts';
import { valueAt } from './value-at.ts';

/** What a remediation needs that replaces fields of one object: the object, and each field on both sides of the change. */
export const FieldsCheckpoint = z.strictObject({
  /** The object that is written, which need not be the workload: an autoscaler, for instance. */
  object: Subject,
  fields: z.array(z.strictObject({ path: z.string().startsWith('/'), from: z.unknown(), to: z.unknown() })).min(1),
  /** Since when the rollout had been stuck before the change: that verdict stands a while longer and is not about the change. */
  stuckBefore: z.string().optional(),
});
export type FieldsCheckpoint = z.infer<typeof FieldsCheckpoint>;

/**
 * One patch that tests the UID and every old value, and leaves the intent's id on the object. Applied twice it is one change. Errors:
 * world-moved (nothing written), intent-expired, cluster-*.
 */
export async function replaceFields(
  checkpoint: FieldsCheckpoint,
  direction: IntentDirection,
  ctx: ActContext,
): Promise<void> {
  const { object: subject } = checkpoint;
  const object = await present(subject, ctx);
  if (intentOn(object) === ctx.intentId) return;
  const fence = { intentId: ctx.intentId, deadline: ctx.deadline, signal: ctx.signal };
  const fields = [...oriented(checkpoint, direction), markOf(object, ctx.intentId)];
  try {
    await ctx.writer.replaceFields({ subject, fields }, fence);
  } catch (error) {
    if (!isHaleError(error, 'world-moved')) throw error;
    const found = await ctx.cluster.object(subject, ctx.signal);
    if (found === null || uidOf(found) !== subject.uid || intentOn(found) !== ctx.intentId) throw error;
  }
}

/** Looks, after a crash: the intent's id on the object says that it was written; old values past the deadline, that it was not. */
export async function settleFields(
  intent: Intent,
  checkpoint: FieldsCheckpoint,
  ctx: ReadContext,
): Promise<'applied' | 'not-applied' | 'unknown'> {
  const object = await ctx.cluster.object(checkpoint.object, ctx.signal);
  if (object === null || uidOf(object) !== checkpoint.object.uid) return 'unknown';
  const fields = oriented(checkpoint, intent.direction);
  const all = (side: 'from' | 'to') =>
    fields.every((field) => isDeepStrictEqual(valueAt(object, field.path), field[side] ?? null));
  if (intentOn(object) === intent.id) return all('to') ? 'applied' : 'unknown';
  return all('from') && ctx.now() > intent.deadline ? 'not-applied' : 'unknown';
}

/** Whether the fields still are as the change left them; null = the object is gone, or another of the same name. */
export async function fieldsStand(
  checkpoint: FieldsCheckpoint,
  direction: IntentDirection,
  ctx: ReadContext,
): Promise<boolean | null> {
  const object = await ctx.cluster.object(checkpoint.object, ctx.signal);
  if (object === null || uidOf(object) !== checkpoint.object.uid) return null;
  return fieldsStandIn(object, checkpoint, direction);
}

/** The same for an object that was read already. */
export function fieldsStandIn(object: unknown, checkpoint: FieldsCheckpoint, direction: IntentDirection): boolean {
  return oriented(checkpoint, direction).every((field) =>
    isDeepStrictEqual(valueAt(object, field.path), field.to ?? null),
  );
}

/** The object as it is now. Errors: world-moved. */
export async function present(subject: Subject, ctx: ReadContext): Promise<Readonly<Record<string, unknown>>> {
  const object = await ctx.cluster.object(subject, ctx.signal);
  if (object !== null && uidOf(object) === subject.uid) return object;
  throw new HaleError('world-moved', `${subjectName(subject)} is gone, or another object of the same name`);
}

function oriented({ fields }: FieldsCheckpoint, direction: IntentDirection): readonly FieldReplacement[] {
  if (direction === 'apply') return fields.map(({ path, from, to }) => ({ path, from, to }));
  return fields.map(({ path, from, to }) => ({ path, from: to, to: from }));
}

export function uidOf(object: unknown): unknown {
  return valueAt(object, '/metadata/uid');
}
