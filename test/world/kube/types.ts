/** Only the fields of Kubernetes objects that the world itself reads; times are the strings of the wire. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly creationTimestamp?: string;
  readonly ownerReferences?: readonly { kind: string; name: string; uid: string; controller?: boolean }[];
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
}

export interface KubeList<T> {
  readonly metadata: { resourceVersion?: string; continue?: string };
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly clusterIP?: string;
    readonly type?: string;
    readonly ports?: readonly { name?: string; protocol?: string; port: number }[];
  };
}

export interface EndpointSlice extends KubeObject {
  readonly addressType?: string;
  readonly ports?: readonly { name?: string; protocol?: string; port?: number }[] | null;
  readonly endpoints?: readonly {
    addresses: readonly string[];
    conditions?: { ready?: boolean; serving?: boolean; terminating?: boolean };
  }[];
}

export interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly selector: { matchLabels: Record<string, string> } };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly availableReplicas?: number;
  };
}
