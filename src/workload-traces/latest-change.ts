import type { Change } from '../domain/finding.ts';
import { subjectName } from '../domain/subject.ts';
import type { ReadContext } from '../plugin/context.ts';
import type { FieldChange, WorkloadView } from '../ports/cluster.ts';
import type { RevisionView } from '../ports/cluster-details.ts';
import { changedFields } from './changed-fields.ts';
import { ifAnswered } from './if-answered.ts';

/** The newest change of a pod template, and the revisions around it. */
export interface LatestChange {
  readonly change: Change;
  /** What the template was before; null where Kubernetes keeps no such revision. */
  readonly before: RevisionView | null;
  readonly after: RevisionView | null;
}

/**
 * What changed last about the pods of a workload. Of a Deployment the step between its two newest revisions, of other kinds who wrote the
 * template and when; null where nothing is kept. One question at most.
 */
export async function latestChange(
  workload: Pick<WorkloadView, 'subject' | 'changes'>,
  ctx: Pick<ReadContext, 'cluster' | 'signal'>,
): Promise<LatestChange | null> {
  const { subject, changes } = workload;
  const revisions = (await ifAnswered(ctx.cluster.revisions(subject, ctx.signal))) ?? [];
  const [after, before] = revisions;
  const writer = templateWriter(changes);
  if (after === undefined || before === undefined) {
    if (writer === null) return null;
    const what = `the pod template of ${subjectName(subject)}`;
    return { change: { what, by: writer.manager, at: writer.at }, before: null, after: after ?? null };
  }
  const fields = changedFields(before.template, after.template);
  const step = `revision ${before.revision} -> ${after.revision}`;
  const cause = after.changeCause === '' ? '' : ` (${after.changeCause})`;
  const what = `${fields.length > 0 ? fields.join(', ') : 'its pod template'}: ${step}${cause}`;
  // A revision that is taken up again keeps the age of its first life: the writer knows better.
  const at = writer?.at ?? after.createdAt;
  return { change: { what, by: writer?.manager ?? null, at }, before, after };
}

/** Who last wrote the template of its pods. */
export function templateWriter(changes: readonly FieldChange[]): FieldChange | null {
  const isTemplate = ({ subresource, fields }: FieldChange) =>
    subresource === '' && fields.some((field) => field === 'spec.template' || field.startsWith('spec.template.'));
  return changes.find(isTemplate) ?? null;
}
