import type { IntentDirection } from '../domain/intent.ts';
import type { Subject } from '../domain/subject.ts';
import type { ReadContext } from './context.ts';
import type { Effect } from './remediation.ts';
import { type FieldsCheckpoint, fieldsStand } from './replace-fields.ts';

/** Of a change of the pod template: in force when every pod is of it and available, as `kubectl rollout status` judges. */
export async function rolloutEffect(
  subject: Subject,
  checkpoint: FieldsCheckpoint,
  direction: IntentDirection,
  ctx: ReadContext,
): Promise<Effect> {
  if ((await fieldsStand(checkpoint, direction, ctx)) !== true) return 'reverted';
  const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
  if (workload?.subject.uid !== subject.uid) return 'reverted';
  if (workload.progressDeadlineExceeded) return 'failed';
  const wanted = workload.replicas ?? workload.availableReplicas;
  const isDone =
    workload.observedGeneration >= workload.generation &&
    workload.updatedReplicas >= wanted &&
    workload.availableReplicas >= wanted;
  return isDone ? 'in-force' : 'pending';
}
