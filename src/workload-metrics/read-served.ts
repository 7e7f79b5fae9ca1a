import type { Subject } from '../domain/subject.ts';
import { isSeriesOf, PLACE_LABEL_NAMES, placeOf, promqlString } from '../domain/workload-series.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import { findServerSeries, isFailure, STATUS_LABELS } from './server-series.ts';
import type { Points } from './time-points.ts';
import { addInto, finitePoints, wholeSecond } from './time-points.ts';

/** Requests that one pod served: per second, failed per second, and the seconds they took per second. */
export interface ServedByPod {
  readonly pod: string;
  readonly total: Points;
  readonly failed: Points;
  readonly seconds: Points;
}

const STEP_MS = 30_000;
const RATE = '[2m]';
/** Pods times statuses. */
const MAX_SERIES = 5_000;

/** Requests by the pod that served them, over the last `backMs`: three queries. Null where they are not measured by pod. */
export async function readServedByPod(
  subject: Subject,
  backMs: number,
  ctx: { readonly metrics: Pick<RecordedMetrics, 'instant' | 'range'>; now(): number },
): Promise<{ readonly pods: readonly ServedByPod[]; readonly queries: readonly string[]; readonly at: number } | null> {
  const at = wholeSecond(ctx.now());
  const found = await findServerSeries(subject, ctx.metrics, at);
  // A mesh that names workloads only cannot tell revisions apart.
  if (found === null || found.family.place !== undefined) return null;
  const { family, form, matchers } = found;
  const rate = (suffix: string) => `rate({__name__=${promqlString(family.name + suffix)},${matchers}}${RATE})`;
  const [counted, summed] =
    form === 'native' ? [`histogram_count(${rate('')})`, `histogram_sum(${rate('')})`] : [rate('_count'), rate('_sum')];
  const queries = [
    `sum by (${[...PLACE_LABEL_NAMES, ...STATUS_LABELS].join(', ')}) (${counted})`,
    `sum by (${PLACE_LABEL_NAMES.join(', ')}) (${summed})${family.unitsPerSecond === 1 ? '' : ` / ${family.unitsPerSecond}`}`,
  ] as const;
  const range = (query: string) => ctx.metrics.range(query, at - backMs, at, STEP_MS, { maxSeries: MAX_SERIES });
  const counts = await range(queries[0]);
  const seconds = await range(queries[1]);
  return { pods: byPod(subject, counts.series, seconds.series), queries, at };
}

function byPod(subject: Subject, counts: readonly RangeSeries[], seconds: readonly RangeSeries[]): ServedByPod[] {
  const pods = new Map<string, ServedByPod>();
  const heldBy = ({ labels }: RangeSeries): ServedByPod | null => {
    const pod = placeOf(labels)?.pod ?? '';
    if (pod === '' || !isSeriesOf(subject, labels)) return null;
    const held = pods.get(pod) ?? { pod, total: new Map(), failed: new Map(), seconds: new Map() };
    pods.set(pod, held);
    return held;
  };
  for (const one of counts) {
    const held = heldBy(one);
    if (held === null) continue;
    addInto(held.total, finitePoints(one));
    if (isFailure(one.labels)) addInto(held.failed, finitePoints(one));
  }
  for (const one of seconds) {
    const held = heldBy(one);
    if (held) addInto(held.seconds, finitePoints(one));
  }
  return [...pods.values()];
}
