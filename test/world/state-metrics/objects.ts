import type { KubeObject } from '../kube/types.ts';
import type { Pod } from '../kubelet/pod.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

/** Deployments, ReplicaSets, StatefulSets and DaemonSets: each has some of these counts. */
export interface Workload extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly paused?: boolean };
  readonly status?: {
    readonly replicas?: number;
    readonly readyReplicas?: number;
    readonly availableReplicas?: number;
    readonly unavailableReplicas?: number;
    readonly updatedReplicas?: number;
    readonly observedGeneration?: number;
    readonly desiredNumberScheduled?: number;
    readonly currentNumberScheduled?: number;
    readonly numberReady?: number;
    readonly numberAvailable?: number;
    readonly numberUnavailable?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** What one metric of an autoscaler should be or is; the API server gives the kinds that the metric has. */
export interface MetricValue {
  readonly value?: string;
  readonly averageValue?: string;
  readonly averageUtilization?: number;
}

export interface Autoscaler extends KubeObject {
  readonly spec: {
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly metrics?: readonly { readonly resource?: { readonly name: string; readonly target: MetricValue } }[];
  };
  readonly status?: {
    readonly currentReplicas?: number;
    readonly desiredReplicas?: number;
    readonly currentMetrics?:
      | readonly { readonly resource?: { readonly name: string; readonly current: MetricValue } }[]
      | null;
    readonly conditions?: readonly Condition[];
  };
}

export interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
  };
}

export interface Claim extends KubeObject {
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
  readonly status?: { readonly phase?: string };
}

export interface Job extends KubeObject {
  readonly spec?: { readonly completions?: number };
  readonly status?: {
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly conditions?: readonly Condition[];
  };
}

export interface DisruptionBudget extends KubeObject {
  readonly status?: {
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
  };
}

/** All objects of the cluster that the exporter tells of. */
export interface ClusterObjects {
  readonly deployments: readonly Workload[];
  readonly replicasets: readonly Workload[];
  readonly statefulsets: readonly Workload[];
  readonly daemonsets: readonly Workload[];
  readonly pods: readonly Pod[];
  readonly autoscalers: readonly Autoscaler[];
  readonly nodes: readonly Node[];
  readonly claims: readonly Claim[];
  readonly jobs: readonly Job[];
  readonly budgets: readonly DisruptionBudget[];
}
