import type { Subject } from '../../src/domain/subject.ts';
import { promqlString } from '../../src/domain/workload-series.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { finitePoints, objectLabelOf, objectMatchers, wholeSecond } from '../../src/workload-metrics/index.ts';

export interface ReplicaHistory {
  /** Replicas before they became none, and the first moment without (Unix ms). */
  readonly before: number;
  readonly at: number;
  readonly query: string;
}

const BACK_MS = 24 * 3_600_000;
const STEP_MS = 300_000;

/** Desired replicas: kube-state-metrics, OpenTelemetry's k8s conventions now and before. */
const NAMES = [
  'kube_deployment_spec_replicas',
  'kube_statefulset_replicas',
  'k8s[._](deployment|statefulset)([._]pod)?[._]desired',
  'k8s[._]statefulset[._]desired_pods',
].join('|');

/** What the replicas were within the last day before they became none; null where no metric tells. */
export async function readReplicaHistory(
  subject: Subject,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<ReplicaHistory | null> {
  const label = objectLabelOf(subject);
  if (label === null) return null;
  const query = objectMatchers([label], subject.namespace, subject.name)
    .map((matchers) => `max({__name__=~${promqlString(NAMES)},${matchers}})`)
    .join('\nor ');
  const at = wholeSecond(ctx.now());
  const [series] = (await ctx.metrics.range(query, at - BACK_MS, at, STEP_MS)).series;
  if (!series) return null;
  const points = [...finitePoints(series)].sort(([a], [b]) => a - b);
  const last = points.findLastIndex(([, value]) => value > 0);
  const [, before] = points[last] ?? [];
  const [since] = points[last + 1] ?? [];
  return before === undefined || since === undefined ? null : { before, at: since, query };
}
