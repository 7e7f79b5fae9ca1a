import type { Change } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { changedFields, ifAnswered } from '../../src/workload-traces/index.ts';

/** What Kubernetes tells of the step from one revision to the next, by the hashes of their pod templates; null where it keeps neither. */
export async function whatChanged(
  subject: Subject,
  { before, after }: { readonly before: string; readonly after: string },
  ctx: Pick<ReadContext, 'cluster' | 'signal'>,
): Promise<{
  readonly fields: readonly string[];
  readonly by: Change['by'];
  readonly cause: string;
  readonly revision: number;
} | null> {
  const revisions = (await ifAnswered(ctx.cluster.revisions(subject, ctx.signal))) ?? [];
  const withHash = (hash: string) => revisions.find((one) => one.name === `${subject.name}-${hash}`);
  const [old, now] = [withHash(before), withHash(after)];
  if (old === undefined || now === undefined) return null;
  const workload = ctx.cluster.workload(subject);
  const writer = workload?.changes.find(
    ({ subresource, fields }) => subresource === '' && fields.some((field) => field.startsWith('spec.template')),
  );
  return {
    fields: changedFields(old.template, now.template),
    by: writer?.manager ?? null,
    cause: now.changeCause,
    revision: now.revision,
  };
}
