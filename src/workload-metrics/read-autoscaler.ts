import { promqlString } from '../domain/workload-series.ts';
import { objectMatchers } from './object-series.ts';
import type { SeriesContext } from './read-series.ts';
import type { Points } from './time-points.ts';
import { finitePoints, maxInto, wholeSecond } from './time-points.ts';

/** What the metrics of an autoscaler say, by moment. */
export interface AutoscalerSeries {
  readonly max: Points;
  readonly current: Points;
  readonly desired: Points;
  /** 1 while the condition holds. */
  readonly limited: Points;
  readonly active: Points;
  readonly inactive: Points;
  readonly unableToScale: Points;
  /** Values of its metrics, by metric name and kind of target. */
  readonly targets: ReadonlyMap<string, { readonly target: Points; readonly value: Points }>;
  readonly at: number;
  readonly query: string;
}

const STEP_MS = 30_000;

/** kube-state-metrics 2 and 1; OpenTelemetry's k8s conventions now and before. */
const NAMES = [
  'kube_(horizontalpodautoscaler|hpa)_(spec_max_replicas|status_current_replicas|status_desired_replicas|status_condition|spec_target_metric|status_target_metric)',
  'k8s[._]hpa([._]pod)?[._](max|current|desired)(_replicas)?',
].join('|');

/** One query over the last `backMs`; null where nothing is known of an autoscaler of that name. */
export async function readAutoscaler(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  backMs: number,
  ctx: SeriesContext,
): Promise<AutoscalerSeries | null> {
  const at = wholeSecond(ctx.now());
  const keep = '__name__, condition, status, metric_name, metric_target_type';
  const query = objectMatchers(['horizontalpodautoscaler', 'hpa'], namespace, name)
    .map((matchers) => `max by (${keep}) ({__name__=~${promqlString(NAMES)},${matchers}})`)
    .join('\nor ');
  const answer = await ctx.metrics.range(query, at - backMs, at, STEP_MS);
  if (answer.series.length === 0) return null;

  const points = (): Points => new Map();
  const told = {
    max: points(),
    current: points(),
    desired: points(),
    limited: points(),
    active: points(),
    inactive: points(),
    unableToScale: points(),
  };
  const targets = new Map<string, { target: Points; value: Points }>();
  for (const one of answer.series) {
    const { labels } = one;
    const metric = (labels.__name__ ?? '').replaceAll('.', '_');
    const values = finitePoints(one);
    if (metric.endsWith('_target_metric')) {
      const key = `${labels.metric_name ?? ''} ${labels.metric_target_type ?? ''}`;
      const held = targets.get(key) ?? { target: points(), value: points() };
      maxInto(metric.includes('_spec_') ? held.target : held.value, values);
      targets.set(key, held);
      continue;
    }
    const role = metric.endsWith('_status_condition') ? conditionRole(labels) : countRole(metric);
    if (role !== null) maxInto(told[role], values);
  }
  return { ...told, targets, at, query };
}

function countRole(metric: string): 'max' | 'current' | 'desired' | null {
  if (/_max(_replicas)?$/.test(metric)) return 'max';
  if (/_current(_replicas)?$/.test(metric)) return 'current';
  return /_desired(_replicas)?$/.test(metric) ? 'desired' : null;
}

/** A condition is there three times, with status true, false and unknown; the one that holds has the value 1. */
function conditionRole({ condition = '', status = '' }: Readonly<Record<string, string>>) {
  const holds = status.toLowerCase();
  if (condition === 'ScalingLimited' && holds === 'true') return 'limited' as const;
  if (condition === 'ScalingActive' && holds === 'true') return 'active' as const;
  if (condition === 'ScalingActive' && holds === 'false') return 'inactive' as const;
  return condition === 'AbleToScale' && holds === 'false' ? ('unableToScale' as const) : null;
}
