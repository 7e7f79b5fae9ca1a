import type { CallsTo, Past, Points } from '../../src/workload-metrics/index.ts';
import { medianOf, usualOf, valuesWithin } from '../../src/workload-metrics/index.ts';
import type { DependencyOutageConfig } from './schema.ts';

export interface Outage {
  readonly reason: 'dependency-down' | 'dependency-slow';
  readonly callsPerS: number;
  readonly failedShare: number;
  readonly unreachableShare: number;
  readonly failedShareBefore: number | null;
  readonly meanSeconds: number | null;
  readonly usualSeconds: number | null;
}

const RECENT_MS = 90_000;

/** Whether calls to one address fail or take much longer than they did; null when neither, or too few calls tell. */
export function judge(calls: CallsTo, times: Past, config: DependencyOutageConfig): Outage | null {
  const { total } = calls;
  const now = (points: Points) => medianOf(valuesWithin(points, times.at - RECENT_MS, times.at));
  const usual = (points: Points) => usualOf(points, times);
  const flowing = new Map([...total].filter(([, perS]) => perS >= config.minCallsPerS));
  const over = (part: Points) => new Map([...flowing].map(([when, perS]) => [when, (part.get(when) ?? 0) / perS]));
  const mean = new Map([...over(calls.seconds)].filter(([when]) => calls.seconds.has(when)));

  const callsPerS = now(flowing);
  const failedShare = now(over(calls.failed));
  if (callsPerS === null || failedShare === null) return null;
  const figures = {
    callsPerS,
    failedShare,
    unreachableShare: now(over(calls.unreachable)) ?? 0,
    failedShareBefore: usual(over(calls.failed)),
    meanSeconds: now(mean),
    usualSeconds: usual(mean),
  };
  // What failed as much before is not what began now.
  const isNew = figures.failedShareBefore === null || figures.failedShareBefore <= failedShare / 2;
  if (failedShare >= config.minFailedShare && isNew) return { reason: 'dependency-down', ...figures };
  const { meanSeconds, usualSeconds } = figures;
  if (meanSeconds === null || usualSeconds === null) return null;
  const isSlow =
    meanSeconds >= usualSeconds * config.minSlowRatio && meanSeconds - usualSeconds >= config.minSlowRiseSeconds;
  return isSlow ? { reason: 'dependency-slow', ...figures } : null;
}
