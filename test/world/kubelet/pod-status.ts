import type { ContainerStatus, Pod, PodCondition, PodStatus } from './pod.ts';

export interface PodView {
  readonly pod: Pod;
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly podIp: string;
  readonly hostIp: string;
  readonly startTime: string;
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly previous: PodStatus | undefined;
}

/** The status of a pod from what its containers do. */
export function podStatus(view: PodView): PodStatus {
  const phase = podPhase(view.pod, view.initContainers, view.containers);
  return {
    phase,
    conditions: conditions(view, phase),
    containerStatuses: view.containers,
    ...(view.initContainers.length > 0 ? { initContainerStatuses: view.initContainers } : {}),
    podIP: view.podIp,
    podIPs: [{ ip: view.podIp }],
    hostIP: view.hostIp,
    startTime: view.startTime,
  };
}

/** The rules of the kubelet's getPhase (kubernetes/pkg/kubelet/kubelet_pods.go). */
export function podPhase(
  pod: Pod,
  initContainers: readonly ContainerStatus[],
  containers: readonly ContainerStatus[],
): NonNullable<PodStatus['phase']> {
  const policy = pod.spec.restartPolicy ?? 'Always';
  const failedInit = initContainers.some((it) => (it.state.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && policy === 'Never') return 'Failed';
  if (!isInitialized(initContainers)) return 'Pending';
  const ended = containers.filter((it) => it.state.terminated ?? (it.state.waiting && it.lastState.terminated));
  const running = containers.filter((it) => it.state.running);
  if (ended.length + running.length < containers.length) return 'Pending';
  if (running.length > 0 || policy === 'Always') return 'Running';
  const succeeded = ended.every((it) => it.state.terminated?.exitCode === 0);
  if (succeeded) return 'Succeeded';
  return policy === 'Never' ? 'Failed' : 'Running';
}

function isInitialized(initContainers: readonly ContainerStatus[]): boolean {
  return initContainers.every((it) => it.state.terminated?.exitCode === 0);
}

function conditions(view: PodView, phase: PodStatus['phase']): PodCondition[] {
  const initialized = isInitialized(view.initContainers);
  const unready = view.containers.filter((it) => !it.ready).map((it) => it.name);
  const ready = unready.length === 0 && phase === 'Running';
  const notReady =
    phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const notInitialized = {
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${view.initContainers
      .filter((it) => it.state.terminated?.exitCode !== 0)
      .map((it) => it.name)
      .join(' ')}]`,
  };
  return [
    condition(view, 'PodReadyToStartContainers', true),
    condition(view, 'Initialized', initialized, notInitialized),
    condition(view, 'Ready', ready, notReady),
    condition(view, 'ContainersReady', ready, notReady),
  ];
}

/** The transition time stays as long as the answer stays. */
function condition(
  view: PodView,
  type: string,
  holds: boolean,
  otherwise: { reason?: string; message?: string } = {},
): PodCondition {
  const status = holds ? 'True' : 'False';
  const before = view.previous?.conditions?.find((it) => it.type === type);
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : undefined;
  return { type, status, lastTransitionTime: lastTransitionTime ?? view.now, ...(holds ? {} : otherwise) };
}
