import type { Points, WorkloadSeries } from '../../src/workload-metrics/index.ts';
import { byContainer, increments, lastValue, meanOf, sum, valuesWithin } from '../../src/workload-metrics/index.ts';
import type { CpuRole } from './cpu-series.ts';
import type { CpuSaturationConfig } from './schema.ts';

/** What one container has done lately; null = not told. */
interface Container {
  readonly pod: string;
  readonly container: string;
  readonly usedCores: number | null;
  readonly limitCores: number | null;
  /** Of its limit, or of the processors that its runtime sees. */
  readonly usedShare: number | null;
  readonly throttledShare: number | null;
  readonly loopUtilization: number | null;
  readonly loopLagSeconds: number | null;
}

export interface Saturation {
  readonly by: 'limit' | 'throttling' | 'event-loop';
  readonly saturatedPods: number;
  readonly pods: number;
  readonly worst: Container;
}

/** What counts as now. */
const RECENT_MS = 120_000;
/** Throttling of a container that hardly works is a start-up or a garbage collection. */
const THROTTLED_USED_SHARE = 0.5;
/** A loop that comes late while its process rests waits for something else: a stopped node, a blocking call. */
const LAGGING_LOOP = { utilization: 0.8, cores: 0.8 } as const;

/** Which pods are out of CPU, and by what; null when too few are, or nothing tells. */
export function judge(
  series: readonly WorkloadSeries<CpuRole>[],
  at: number,
  config: CpuSaturationConfig,
): Saturation | null {
  const containers = containersOf(series, at);
  const pods = new Set(containers.map(({ pod }) => pod));
  const told = containers.flatMap((one) => {
    const by = saturatedBy(one, config);
    return by === null ? [] : [{ one, by }];
  });
  const saturatedPods = new Set(told.map(({ one }) => one.pod)).size;
  const [worst] = told.toSorted((a, b) => pressure(b.one) - pressure(a.one));
  if (worst === undefined || saturatedPods < pods.size * config.minPodShare) return null;
  return { by: worst.by, saturatedPods, pods: pods.size, worst: worst.one };
}

function saturatedBy(one: Container, config: CpuSaturationConfig): Saturation['by'] | null {
  const share = one.usedShare;
  if (
    one.throttledShare !== null &&
    one.throttledShare >= config.minThrottledShare &&
    (share === null || share >= THROTTLED_USED_SHARE)
  ) {
    return 'throttling';
  }
  if (share !== null && share >= config.minUsedShare) return 'limit';
  const busy = one.loopUtilization ?? (one.usedCores === null ? null : one.usedCores);
  if (one.loopUtilization !== null && one.loopUtilization >= config.minLoopUtilization) return 'event-loop';
  const threshold = one.loopUtilization === null ? LAGGING_LOOP.cores : LAGGING_LOOP.utilization;
  const isLate = one.loopLagSeconds !== null && one.loopLagSeconds >= config.minLoopLagSeconds;
  return isLate && busy !== null && busy >= threshold ? 'event-loop' : null;
}

function pressure({ usedShare, throttledShare, loopUtilization }: Container): number {
  return Math.max(usedShare ?? 0, loopUtilization ?? 0) + (throttledShare ?? 0);
}

function containersOf(series: readonly WorkloadSeries<CpuRole>[], at: number): readonly Container[] {
  const held = (role: CpuRole) => byContainer(series, role);
  const roles = {
    seconds: held('used-seconds'),
    cores: held('used-cores'),
    process: held('process-seconds'),
    processShare: held('process-share'),
    limit: held('limit'),
    quota: held('quota'),
    period: held('period'),
    limitShare: held('limit-share'),
    periods: held('periods'),
    throttled: held('throttled'),
    loop: held('loop'),
    lag: held('loop-lag'),
  };
  const { limit: _limit, quota: _quota, period: _period, ...told } = roles;
  const sources = Object.values(told);
  const keys = new Set(sources.flatMap((source) => [...source.keys()]));
  return [...keys].flatMap((key) => {
    const points = (source: ReadonlyMap<string, WorkloadSeries<CpuRole>>) => source.get(key)?.points ?? new Map();
    const { pod = '', container = '' } =
      sources.map((source) => source.get(key)).find((one) => one !== undefined) ?? {};
    const recent = (given: Points) => meanOf(valuesWithin(given, at - RECENT_MS, at));
    const usedCores = rate(points(roles.seconds), at) ?? recent(points(roles.cores)) ?? rate(points(roles.process), at);
    const limitCores = limitOf(points(roles.limit), points(roles.quota), points(roles.period), at);
    const ofLimit = usedCores !== null && limitCores !== null ? usedCores / limitCores : null;
    const one: Container = {
      pod,
      container,
      usedCores,
      limitCores,
      usedShare: ofLimit ?? recent(points(roles.limitShare)) ?? recent(points(roles.processShare)),
      throttledShare: shareOf(points(roles.throttled), points(roles.periods), at),
      loopUtilization: recent(points(roles.loop)),
      loopLagSeconds: recent(points(roles.lag)),
    };
    const isKnown = [one.usedShare, one.throttledShare, one.loopUtilization, one.loopLagSeconds].some(
      (it) => it !== null,
    );
    return isKnown ? [one] : [];
  });
}

/** Growth per second over the recent past; null without two points of it, the newest one fresh. */
function rate(counter: Points, at: number): number | null {
  const recent = new Map([...counter].filter(([when]) => when >= at - RECENT_MS));
  if (recent.size < 2 || lastValue(recent, at) === null) return null;
  const instants = [...recent.keys()];
  return (sum(increments(recent).values()) * 1000) / (Math.max(...instants) - Math.min(...instants));
}

function limitOf(limit: Points, quota: Points, period: Points, at: number): number | null {
  const told = lastValue(limit, at);
  if (told !== null && told > 0) return told;
  const [micros, per] = [lastValue(quota, at), lastValue(period, at)];
  return micros !== null && per !== null && micros > 0 && per > 0 ? micros / per : null;
}

function shareOf(part: Points, whole: Points, at: number): number | null {
  const [some, all] = [rate(part, at), rate(whole, at)];
  return some === null || all === null || all <= 0 ? null : Math.min(1, some / all);
}
