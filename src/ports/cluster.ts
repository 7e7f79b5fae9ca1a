import type { Permission } from '../domain/permission.ts';
import type { Subject } from '../domain/subject.ts';
import type { ClusterDetails, PodRef } from './cluster-details.ts';

export interface ContainerView {
  readonly name: string;
  readonly image: string;
  /** Quantities as written, `500m`, `256Mi`; null where nothing is set. */
  readonly resources: {
    readonly cpuRequest: string | null;
    readonly cpuLimit: string | null;
    readonly memoryRequest: string | null;
    readonly memoryLimit: string | null;
  };
  /** Literal environment values only; values from Secrets and ConfigMaps are never read. */
  readonly env: Readonly<Record<string, string>>;
}

/** Of a container that asks for nothing. */
export const NO_RESOURCES: ContainerView['resources'] = {
  cpuRequest: null,
  cpuLimit: null,
  memoryRequest: null,
  memoryLimit: null,
};

/** Who wrote which fields of an object last, and when: an entry of managedFields. */
export interface FieldChange {
  readonly manager: string;
  readonly at: number | null;
  /** `scale` or `status` where it was written through a subresource; '' for the object itself. */
  readonly subresource: string;
  /** Paths of at most three names below the object, `spec.template.spec`; list items are left out. */
  readonly fields: readonly string[];
}

/** The few fields of a workload that decisions rest on. */
export interface WorkloadView {
  readonly subject: Subject;
  /** Desired replicas; null for kinds that have none. */
  readonly replicas: number | null;
  readonly readyReplicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly paused: boolean;
  /** Progressing=False with ProgressDeadlineExceeded. */
  readonly progressDeadlineExceeded: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: Readonly<Record<string, string>>;
  readonly containers: readonly ContainerView[];
  /** Controlling owner that is not a built-in workload (Argo Rollouts, an operator); null when none. */
  readonly controller: { readonly apiVersion: string; readonly kind: string; readonly name: string } | null;
  /** Field manager that last set spec.replicas, from managedFields; null when none is recorded. */
  readonly replicasManager: string | null;
  /** `RollingUpdate`, `Recreate`, `OnDelete`; null for kinds that have none. */
  readonly strategy: string | null;
  /** Writers of anything but the status, newest first; at most 8. */
  readonly changes: readonly FieldChange[];
  readonly createdAt: number;
}

/** A container of a pod that is not simply running: not ready, waiting, ended, or started again. */
export interface ContainerTrouble {
  readonly name: string;
  readonly isInit: boolean;
  readonly ready: boolean;
  readonly restarts: number;
  readonly waiting: { readonly reason: string; readonly message: string } | null;
  readonly terminated: ContainerEnd | null;
  /** How it ended the time before. Kubernetes keeps this for ever. */
  readonly lastTerminated: ContainerEnd | null;
}

export interface ContainerEnd {
  readonly reason: string;
  readonly exitCode: number;
  readonly at: number | null;
}

export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ready: boolean;
  readonly phase: string;
  readonly ip: string | null;
  readonly nodeName: string | null;
  readonly restarts: number;
  /** Of the object that controls it directly: the ReplicaSet tells the revision. */
  readonly owner: { readonly kind: string; readonly name: string; readonly uid: string } | null;
  readonly createdAt: number;
  /** It is being deleted. */
  readonly terminating: boolean;
  /** Why it is as it is, where the pod itself says so: `Evicted`, or the reason why no node takes it. */
  readonly reason: { readonly reason: string; readonly message: string } | null;
  /** Containers that have something to tell; those that just run are not here. */
  readonly troubles: readonly ContainerTrouble[];
}

export interface ServiceView {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIp: string | null;
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly targetPort: string }[];
}

export interface AutoscalerView {
  readonly name: string;
  /** `KEDA` when a ScaledObject stands behind it. */
  readonly by: 'HorizontalPodAutoscaler' | 'KEDA';
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

export interface NamespaceView {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** `ready`: every watch is in step. `behind`: some watch has been without contact since `since`; answers may be old. */
export type CacheState =
  | { readonly state: 'starting' | 'ready' }
  | { readonly state: 'behind'; readonly since: number; readonly detail: string };

/** Reads Kubernetes. The synchronous methods answer from the watched cache; `fresh*` ask the API server. */
export interface ClusterReader extends ClusterDetails {
  cacheState(): CacheState;
  workload(ref: { readonly namespace: string; readonly kind: string; readonly name: string }): WorkloadView | null;
  /** Follows the owner chain of a pod to its workload; null when the pod is unknown. */
  workloadOfPod(namespace: string, pod: string): WorkloadView | null;
  /** The same for one that is gone since not long ago; null when its owner is gone as well, or has another UID. */
  workloadOfGonePod(namespace: string, pod: string): WorkloadView | null;
  workloads(namespace?: string): readonly WorkloadView[];
  podsOf(subject: Subject): readonly PodView[];
  services(namespace: string): readonly ServiceView[];
  namespace(name: string): NamespaceView | null;
  autoscalerOf(subject: Subject): AutoscalerView | null;
  /** The object as it is now; null when it is gone. A same-named object with another UID is returned as it is: compare the UID. */
  freshWorkload(subject: Subject, signal?: AbortSignal): Promise<WorkloadView | null>;
  /** The HPA or KEDA object that targets the workload now; null when there is none. */
  freshAutoscaler(subject: Subject, signal?: AbortSignal): Promise<AutoscalerView | null>;
  /** Data of a ConfigMap; null when it does not exist. */
  configMap(namespace: string, name: string, signal?: AbortSignal): Promise<Readonly<Record<string, string>> | null>;
  /** Those of `wanted` that this identity does not have. */
  missingPermissions(
    wanted: readonly Permission[],
    namespace: string | null,
    signal?: AbortSignal,
  ): Promise<readonly Permission[]>;
  version(signal?: AbortSignal): Promise<string>;
}

/** Why a write is made: carried as field manager `hale` and, where the object keeps it, an annotation. */
export interface WriteFence {
  readonly intentId: string;
  /** No write starts after this (Unix ms). */
  readonly deadline: number;
  readonly signal?: AbortSignal;
}

/** One field by its JSON pointer, `/spec/maxReplicas`. Values are plain JSON. */
export interface FieldReplacement {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** Writes to Kubernetes. Every write is a patch that tests UID and the old value; errors: world-moved (nothing written), intent-expired, cluster-*. */
export interface ClusterWriter {
  /** Changes replicas from `from` to `to` on the scale subresource; `dryRun` asks the API server without storing. */
  scale(
    change: { readonly subject: Subject; readonly from: number; readonly to: number; readonly dryRun?: boolean },
    fence: WriteFence,
  ): Promise<void>;
  /** Ends one life of a pod, whose owner makes another, through the eviction API, which a disruption budget may refuse: cluster-rejected, nothing written. */
  evictPod(pod: PodRef & { readonly dryRun?: boolean }, fence: WriteFence): Promise<void>;
  /**
   * Replaces fields of a workload or an autoscaler in one JSON patch that tests the UID and every old value. `from` null: the field is not
   * there yet; `to` null: it is removed. Any test that fails: world-moved, nothing written.
   */
  replaceFields(
    change: {
      readonly subject: Subject;
      readonly fields: readonly FieldReplacement[];
      readonly dryRun?: boolean;
    },
    fence: WriteFence,
  ): Promise<void>;
  /** An Event on the object. Best effort: the caller is told, nothing else depends on it. */
  recordEvent(
    event: {
      readonly subject: Subject;
      readonly type: 'Normal' | 'Warning';
      readonly reason: string;
      readonly action: string;
      readonly note: string;
    },
    signal?: AbortSignal,
  ): Promise<void>;
  /** Creates or replaces the data of a ConfigMap of Hale's own. */
  putConfigMap(
    namespace: string,
    name: string,
    data: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<void>;
}
