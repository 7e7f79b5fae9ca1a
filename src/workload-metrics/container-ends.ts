import type { Subject } from '../domain/subject.ts';
import type { ContainerTrouble, PodView } from '../ports/cluster.ts';
import { ifReadable } from './if-readable.ts';
import type { SeriesContext, WorkloadSeries } from './read-series.ts';
import { named, otelNamed, readSeries } from './read-series.ts';
import type { Points } from './time-points.ts';
import { increments, lastValue } from './time-points.ts';

/** How one container of a pod ended lately, by its metrics and by what Kubernetes keeps of it; null = not told. */
export interface ContainerEnds {
  readonly pod: string;
  readonly container: string;
  /** Restarts within the window, and when the last one was seen (Unix ms). */
  readonly restarts: number;
  readonly lastRestartAt: number | null;
  /** Kills for want of memory within the window, as the kernel counted them. */
  readonly oomKills: number | null;
  /** Why it ended the last time: OOMKilled, Error, Completed. It stays until the next time, however long ago: ask for restarts as well. */
  readonly lastReason: string | null;
  readonly exitCode: number | null;
  /** Why it does not run now: CrashLoopBackOff, ImagePullBackOff, CreateContainerConfigError. */
  readonly waitingReason: string | null;
  readonly memoryLimitBytes: number | null;
  /** The first moment within the window at which anything was known of it (Unix ms). */
  readonly seenFrom: number;
}

const STEP_MS = 30_000;

/** kube-state-metrics, OpenTelemetry's k8s conventions now and before, cAdvisor. */
const NAMINGS = [
  ...named('restarts', ['kube_pod_container_status_restarts_total']),
  ...otelNamed('restarts', ['k8s_container_restart_count', 'k8s_container_restarts']),
  ...named('last-reason', ['kube_pod_container_status_last_terminated_reason']),
  ...named('exit-code', ['kube_pod_container_status_last_terminated_exitcode']),
  ...named('waiting-reason', ['kube_pod_container_status_waiting_reason']),
  ...named('oom-kills', ['container_oom_events_total']),
  ...named('memory-limit', ['kube_pod_container_resource_limits', 'kube_pod_container_resource_limits_memory_bytes']),
  ...otelNamed('memory-limit', ['k8s_container_memory_limit_bytes', 'k8s_container_memory_limit']),
  ...named('memory-limit', ['container_spec_memory_limit_bytes']),
] as const;
type Role = (typeof NAMINGS)[number]['role'];

/**
 * The same with what Kubernetes itself keeps of the pods that live, and with that alone while metrics cannot be read. Of a container that was restarted before
 * the time that is looked at Kubernetes tells the last end only.
 */
export async function readPodEnds(
  subject: Subject,
  pods: readonly PodView[],
  backMs: number,
  ctx: SeriesContext,
): Promise<{ readonly ends: readonly ContainerEnds[]; readonly query: string | null }> {
  const reading = readContainerEnds(subject, backMs, ctx);
  // Where Kubernetes shows nothing and metrics cannot be read nobody has looked.
  const told = await (pods.some((pod) => pod.troubles.length > 0) ? ifReadable(reading) : reading);
  const ends = new Map((told?.ends ?? []).map((one) => [`${one.pod}/${one.container}`, one]));
  const from = ctx.now() - backMs;
  for (const pod of pods) {
    for (const trouble of pod.troubles.filter((one) => !one.isInit)) {
      const key = `${pod.name}/${trouble.name}`;
      ends.set(key, withTrouble(ends.get(key), pod, trouble, from));
    }
  }
  return { ends: [...ends.values()], query: told?.query ?? null };
}

function withTrouble(
  known: ContainerEnds | undefined,
  pod: PodView,
  trouble: ContainerTrouble,
  from: number,
): ContainerEnds {
  const end = trouble.terminated ?? trouble.lastTerminated;
  const endedAt = end?.at ?? null;
  const isRecent = endedAt !== null && endedAt >= from;
  const atLeast = pod.createdAt >= from ? trouble.restarts : isRecent && trouble.restarts > 0 ? 1 : 0;
  const lastReason = end?.reason ?? known?.lastReason ?? null;
  const restarts = Math.max(known?.restarts ?? 0, atLeast);
  return {
    pod: pod.name,
    container: trouble.name,
    restarts,
    lastRestartAt: isRecent ? endedAt : (known?.lastRestartAt ?? null),
    oomKills: known?.oomKills ?? null,
    lastReason,
    exitCode: end?.exitCode ?? known?.exitCode ?? null,
    waitingReason: trouble.waiting?.reason ?? known?.waitingReason ?? null,
    memoryLimitBytes: known?.memoryLimitBytes ?? null,
    seenFrom: Math.min(known?.seenFrom ?? pod.createdAt, pod.createdAt),
  };
}

/** One query for all containers of a workload over the last `backMs`. */
async function readContainerEnds(
  subject: Subject,
  backMs: number,
  ctx: SeriesContext,
): Promise<{ readonly ends: readonly ContainerEnds[]; readonly query: string; readonly at: number }> {
  const window = { backMs, stepMs: STEP_MS, by: ['reason'], only: 'resource=~"|memory"' };
  const { query, series, at } = await readSeries(subject, NAMINGS, window, ctx);
  const byContainer = Map.groupBy(
    series.filter((one) => one.pod !== ''),
    (one) => `${one.pod}/${one.container}`,
  );
  return { ends: [...byContainer.values()].map((own) => endsOf(own, at)), query, at };
}

function endsOf(own: readonly WorkloadSeries<Role>[], at: number): ContainerEnds {
  const { pod = '', container = '' } = own[0] ?? {};
  const points = (role: Role) => own.find((one) => one.role === role)?.points ?? new Map<number, number>();
  const reason = (role: Role) =>
    own.find((one) => one.role === role && lastValue(one.points, at) === 1)?.labels.reason ?? null;
  const restarts = growth(points('restarts'));
  const oomKills = growth(points('oom-kills'));
  const limit = lastValue(points('memory-limit'), at);
  return {
    pod,
    container,
    restarts: restarts?.count ?? 0,
    lastRestartAt: restarts?.lastAt ?? null,
    oomKills: oomKills?.count ?? null,
    lastReason: reason('last-reason'),
    exitCode: lastValue(points('exit-code'), at),
    waitingReason: reason('waiting-reason'),
    memoryLimitBytes: limit !== null && limit > 0 ? limit : null,
    seenFrom: Math.min(...own.flatMap((one) => [...one.points.keys()])),
  };
}

/** Growth between the points only: a counter that is there for the first time may have grown long ago. */
function growth(counter: Points): { readonly count: number; readonly lastAt: number | null } | null {
  if (counter.size === 0) return null;
  const grown = [...increments(counter)].filter(([, by]) => by > 0);
  return { count: grown.reduce((total, [, by]) => total + by, 0), lastAt: grown.at(-1)?.[0] ?? null };
}
