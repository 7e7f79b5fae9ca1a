import { named, otelNamed } from '../../src/workload-metrics/index.ts';

/** kube-state-metrics; OpenTelemetry's k8s conventions. `reason` and `init-reason` are 1 while they hold. */
export const STATE_NAMINGS = [
  ...named('reason', ['kube_pod_container_status_waiting_reason']),
  ...otelNamed('reason', ['k8s_container_status_reason']),
  ...named('init-reason', ['kube_pod_init_container_status_waiting_reason']),
  ...named('unschedulable', ['kube_pod_status_unschedulable']),
  ...named('not-ready', ['kube_pod_status_ready']),
  ...named('running', ['kube_pod_container_status_running']),
] as const;
export type StateRole = (typeof STATE_NAMINGS)[number]['role'];

export interface StuckReason {
  /** What is wrong, for people. */
  readonly text: string;
  /** Whether it does not pass by itself, so that a short time is enough. */
  readonly refused: boolean;
}

/** Reasons for which a container waits. CrashLoopBackOff is missing: such a container did start. */
export const WAITING_REASONS: Readonly<Record<string, StuckReason>> = {
  ErrImagePull: { text: 'its image cannot be pulled', refused: true },
  ImagePullBackOff: { text: 'its image cannot be pulled', refused: true },
  ErrImageNeverPull: { text: 'its image is not on the node and may not be pulled', refused: true },
  InvalidImageName: { text: 'the name of its image is no image name', refused: true },
  ImageInspectError: { text: 'its image cannot be read', refused: true },
  RegistryUnavailable: { text: 'the registry of its image does not answer', refused: true },
  CreateContainerConfigError: {
    text: 'a ConfigMap, a Secret or a key of them that it needs is missing',
    refused: true,
  },
  CreateContainerError: { text: 'its container cannot be created', refused: true },
  RunContainerError: { text: 'its command cannot be run', refused: true },
  StartError: { text: 'its command cannot be run', refused: true },
  PreStartHookError: { text: 'its hook before the start fails', refused: true },
  PostStartHookError: { text: 'its hook after the start fails', refused: true },
  ContainerCreating: { text: 'its volumes or its network do not become ready', refused: false },
  PodInitializing: { text: 'its init container does not end', refused: false },
};
