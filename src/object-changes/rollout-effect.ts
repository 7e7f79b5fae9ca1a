import type { IntentDirection } from '../domain/intent.ts';
import type { Subject } from '../domain/subject.ts';
import type { ReadContext } from '../plugin/context.ts';
import type { Effect } from '../plugin/remediation.ts';
import { type FieldsCheckpoint, fieldsStandIn, uidOf } from './replace-fields.ts';
import { valueAt } from './value-at.ts';

/**
 * Of a change of the pod template: in force when every pod is of it and available, and none of another is left, as `kubectl rollout status`
 * judges. A verdict on the template before says nothing about this one.
 */
export async function rolloutEffect(
  subject: Subject,
  checkpoint: FieldsCheckpoint,
  direction: IntentDirection,
  ctx: ReadContext,
): Promise<Effect> {
  const object = await ctx.cluster.object(subject, ctx.signal);
  if (uidOf(object) !== subject.uid || !fieldsStandIn(object, checkpoint, direction)) return 'reverted';
  const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
  if (workload?.subject.uid !== subject.uid) return 'reverted';
  if (workload.observedGeneration < workload.generation) return 'pending';
  if (workload.progressDeadlineExceeded && !isOldVerdict(object, checkpoint)) return 'failed';
  const { updatedReplicas, availableReplicas } = workload;
  const wanted = workload.replicas ?? numberIn(object, '/status/desiredNumberScheduled') ?? availableReplicas;
  const all = numberIn(object, '/status/replicas') ?? updatedReplicas;
  return updatedReplicas >= wanted && availableReplicas >= wanted && all <= updatedReplicas ? 'in-force' : 'pending';
}

/** When the rollout of this object was found stuck, as Kubernetes wrote it; undefined while it is not. */
export function stuckSince(object: unknown): string | undefined {
  const conditions = valueAt(object, '/status/conditions');
  const stuck = (Array.isArray(conditions) ? conditions : []).find(
    (one) =>
      valueAt(one, '/type') === 'Progressing' &&
      valueAt(one, '/status') === 'False' &&
      valueAt(one, '/reason') === 'ProgressDeadlineExceeded',
  );
  const since = valueAt(stuck, '/lastUpdateTime');
  return typeof since === 'string' ? since : undefined;
}

/** The controller leaves the condition of a stuck rollout as it is, with its time, until the next one makes some progress. */
function isOldVerdict(object: unknown, { stuckBefore }: FieldsCheckpoint): boolean {
  return stuckBefore !== undefined && stuckSince(object) === stuckBefore;
}

function numberIn(object: unknown, path: string): number | null {
  const found = valueAt(object, path);
  return typeof found === 'number' ? found : null;
}
