import { type Subject, subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { RevisionView } from '../../src/ports/cluster-details.ts';
import { finitePoints, ifReadable, objectMatchers } from '../../src/workload-metrics/index.ts';

export type Readiness =
  | { readonly state: 'ready' }
  /** What there is to go back to is no better. */
  | { readonly state: 'never'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

const READY = '{__name__=~"kube_replicaset_status_ready_replicas|k8s[._]replicaset[._](pod[._])?available(_pods)?"';
const STEP_MS = 60_000;

/**
 * Whether a revision had a ready pod: by those that are left of it, else by what metrics tell of the time before `until`, when the next one
 * came (kube-state-metrics, or OpenTelemetry's cluster receiver).
 */
export async function readinessOf(
  { name, revision, replicas, readyReplicas }: RevisionView,
  until: number,
  backMs: number,
  subject: Subject,
  ctx: ReadContext,
): Promise<Readiness> {
  if (readyReplicas > 0) return { state: 'ready' };
  if (replicas > 0)
    return { state: 'never', why: `the ${replicas} pods that are left of revision ${revision} are not ready either` };
  const query = `max(${objectMatchers(['replicaset'], subject.namespace, name)
    .map((place) => `${READY},${place}}`)
    .join('\n  or ')})`;
  const answer = await ifReadable(ctx.metrics.range(query, until - Math.max(backMs, 5 * STEP_MS), until, STEP_MS));
  const values = (answer?.series ?? []).flatMap((one) => [...finitePoints(one).values()]);
  const which = `revision ${revision} of ${subjectName(subject)}`;
  if (values.length === 0)
    return {
      state: 'unknown',
      why: `whether ${which} ever was ready is not known: no pod is left of it, and no metric tells`,
    };
  return values.some((value) => value > 0)
    ? { state: 'ready' }
    : { state: 'never', why: `${which} had no ready pod before the next one came` };
}
