import type { AutoscalerView, WorkloadView } from '../../src/ports/cluster.ts';
import type { AutoscalerSeries, Points } from '../../src/workload-metrics/index.ts';
import { lastValue, valuesWithin } from '../../src/workload-metrics/index.ts';
import type { AutoscalerAtLimitConfig } from './schema.ts';

export interface AtLimit {
  readonly replicas: number;
  readonly maxReplicas: number;
  /** How far the metric that is furthest over is over its target, as a share of it; null = not told. */
  readonly overTarget: number | null;
  readonly metric: string;
  /** Its condition ScalingLimited. */
  readonly limited: boolean;
}

/** Null unless it was at its maximum all the time, and wants more or nobody tells whether it does. */
export function judge(
  series: AutoscalerSeries,
  workload: Pick<WorkloadView, 'replicas'>,
  autoscaler: AutoscalerView,
  config: AutoscalerAtLimitConfig,
): AtLimit | null {
  const from = series.at - config.atLimitFor;
  const { maxReplicas } = autoscaler;
  if (maxReplicas <= 0 || workload.replicas === null || workload.replicas < maxReplicas) return null;
  const desired = valuesWithin(series.desired.size > 0 ? series.desired : series.current, from, series.at);
  if (desired.length < 3 || desired.some((value) => value < maxReplicas)) return null;

  const limited = lastValue(series.limited, series.at) === 1;
  const [furthest] = [...series.targets]
    .flatMap(([name, { target, value }]) => {
      const over = leastOver(target, value, from, series.at);
      return over === null ? [] : [{ metric: name.split(' ')[0] || 'its metric', over }];
    })
    .toSorted((a, b) => b.over - a.over);
  if (furthest !== undefined && furthest.over < config.minOverTarget) return null;
  // The condition says TooFewReplicas as well, at the minimum; at the maximum it can only mean the other.
  if (furthest === undefined && series.limited.size > 0 && !limited) return null;
  return {
    replicas: workload.replicas,
    maxReplicas,
    overTarget: furthest?.over ?? null,
    metric: furthest?.metric ?? '',
    limited,
  };
}

/** The least that the value was over its target within the time. */
function leastOver(target: Points, value: Points, from: number, at: number): number | null {
  const shares = [...value]
    .filter(([when]) => when > from && when <= at)
    .flatMap(([when, now]) => {
      const wanted = target.get(when);
      return wanted === undefined || wanted <= 0 ? [] : [now / wanted - 1];
    });
  return shares.length === 0 ? null : Math.min(...shares);
}
