import type { Subject } from '../domain/subject.ts';
import type { PodView, WorkloadView } from './cluster.ts';

/** One life of an object. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** One revision of a Deployment: the ReplicaSet that runs it. */
export interface RevisionView {
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  readonly createdAt: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly images: readonly string[];
  /** Of `kubernetes.io/change-cause`; '' when nobody wrote one. */
  readonly changeCause: string;
  /** The pod template as the API has it, without the label `pod-template-hash`. */
  readonly template: Readonly<Record<string, unknown>>;
}

export interface ClusterEvent {
  readonly reason: string;
  readonly type: string;
  /** Text of whoever reports: hostile until shown otherwise. */
  readonly message: string;
  readonly count: number;
  readonly firstAt: number | null;
  readonly lastAt: number | null;
  readonly reportedBy: string;
  readonly about: { readonly kind: string; readonly name: string };
}

export interface AutoscalerDetails {
  readonly subject: Subject;
  readonly target: { readonly kind: string; readonly name: string };
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly currentReplicas: number;
  readonly desiredReplicas: number;
  readonly conditions: readonly Condition[];
  /** `Resource cpu`, `External queue_length`: kind and name of each metric. */
  readonly metrics: readonly string[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly since: number | null;
}

export interface EndpointsView {
  readonly ready: number;
  readonly notReady: number;
  readonly ports: readonly number[];
}

export interface NetworkPolicyView {
  readonly name: string;
  readonly podSelector: Readonly<Record<string, string>>;
  /** Whether it selects with expressions as well, which are not evaluated here. */
  readonly hasExpressions: boolean;
  /** Rules that let traffic in; 0 = nothing comes in. Null: it is not about traffic that comes in. */
  readonly ingressRules: number | null;
  readonly egressRules: number | null;
  readonly createdAt: number;
}

export interface QuotaView {
  readonly name: string;
  /** By resource, as written: `limits.memory: 2Gi`. */
  readonly hard: Readonly<Record<string, string>>;
  readonly used: Readonly<Record<string, string>>;
}

export interface VolumeClaimView {
  readonly name: string;
  readonly phase: string;
  readonly storageClass: string | null;
  readonly capacity: string | null;
  readonly createdAt: number;
}

/** How volumes of a kind are provided. */
export interface StorageClassView {
  readonly name: string;
  /** Whether a claim of it may ask for more room later. */
  readonly allowsExpansion: boolean;
}

export interface NodeView {
  readonly name: string;
  readonly unschedulable: boolean;
  readonly conditions: readonly Condition[];
  readonly taints: readonly string[];
  readonly allocatable: Readonly<Record<string, string>>;
}

export interface DisruptionBudgetView {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly disruptionsAllowed: number;
}

/**
 * Fresh reads of what is looked at seldom, and so is not watched. Each asks the API server once; errors: cluster-unavailable, cluster-forbidden.
 * Deliberately not in it: the contents of Secrets, or whether one exists. A missing one is told by the pod that waits for it.
 */
export interface ClusterDetails {
  /** Newest revision first; empty for other kinds than Deployments. */
  revisions(subject: Subject, signal?: AbortSignal): Promise<readonly RevisionView[]>;
  /** The pods that the workload's selector finds now, those of other owners left out. */
  freshPods(workload: Pick<WorkloadView, 'subject' | 'selector'>, signal?: AbortSignal): Promise<readonly PodView[]>;
  /** The object as the API has it: for the one field that a decision is about. Null when it is gone. */
  object(subject: Subject, signal?: AbortSignal): Promise<Readonly<Record<string, unknown>> | null>;
  /** Events about one life of an object, newest first; at most 50. */
  eventsAbout(object: PodRef, signal?: AbortSignal): Promise<readonly ClusterEvent[]>;
  /** Every HPA that targets the workload: two are a mistake. */
  autoscalersOf(subject: Subject, signal?: AbortSignal): Promise<readonly AutoscalerDetails[]>;
  /** Null when the Service has no EndpointSlices at all. */
  endpointsOf(
    service: { readonly namespace: string; readonly name: string },
    signal?: AbortSignal,
  ): Promise<EndpointsView | null>;
  networkPolicies(namespace: string, signal?: AbortSignal): Promise<readonly NetworkPolicyView[]>;
  quotas(namespace: string, signal?: AbortSignal): Promise<readonly QuotaView[]>;
  volumeClaims(namespace: string, signal?: AbortSignal): Promise<readonly VolumeClaimView[]>;
  storageClasses(signal?: AbortSignal): Promise<readonly StorageClassView[]>;
  disruptionBudgets(namespace: string, signal?: AbortSignal): Promise<readonly DisruptionBudgetView[]>;
  nodes(signal?: AbortSignal): Promise<readonly NodeView[]>;
  /** The last lines of a container, or of the one before it; at most 64 KiB. Null where there is no such log (any more). */
  podLog(
    pod: { readonly namespace: string; readonly name: string; readonly container: string; readonly previous: boolean },
    lines: number,
    signal?: AbortSignal,
  ): Promise<string | null>;
}
