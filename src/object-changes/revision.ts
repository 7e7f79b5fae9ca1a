import type { Subject } from '../domain/subject.ts';
import type { ReadContext } from '../plugin/context.ts';

const REVISION = 'deployment.kubernetes.io/revision';
/** How a preview names it among the values that a plan touches: another revision is another pod template. */
export const REVISION_FIELD = `metadata.annotations[${REVISION}]`;

/** Revision of a Deployment as it is now; '' for kinds that count none. */
export async function revisionOf(subject: Subject, ctx: ReadContext): Promise<string> {
  const workload = await ctx.cluster.freshWorkload(subject, ctx.signal);
  return workload?.annotations[REVISION] ?? '';
}
