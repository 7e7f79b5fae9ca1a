import type { KubeObject } from '../kube/types.ts';

/** Only the fields of a pod that the process kubelet acts upon, or refuses because it does not know how to act upon them. */
export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: PodStatus;
}

export interface PodSpec {
  readonly nodeName?: string;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never';
  readonly terminationGracePeriodSeconds?: number;
  readonly initContainers?: readonly ContainerSpec[];
  readonly containers: readonly ContainerSpec[];
  readonly volumes?: readonly Volume[];
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly restartPolicy?: string;
  readonly ports?: readonly { name?: string; containerPort: number }[];
  readonly env?: readonly EnvVar[];
  readonly envFrom?: readonly EnvFrom[];
  readonly volumeMounts?: readonly { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[];
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>;
    readonly limits?: Readonly<Record<string, string>>;
  };
  readonly livenessProbe?: ProbeSpec;
  readonly readinessProbe?: ProbeSpec;
  readonly startupProbe?: ProbeSpec;
  readonly lifecycle?: { preStop?: Hook; postStart?: Hook };
}

/** Exactly one source is set; one that is not named here is refused. */
export interface Volume {
  readonly name: string;
  readonly configMap?: KeysOf & { name?: string };
  readonly secret?: KeysOf & { secretName?: string };
  readonly emptyDir?: { medium?: string; sizeLimit?: string };
  readonly hostPath?: { path: string };
  readonly persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  readonly downwardAPI?: { items?: readonly FieldFile[] };
  readonly projected?: { sources?: readonly Projection[] };
}

export interface KeysOf {
  readonly items?: readonly { key: string; path: string }[];
  readonly optional?: boolean;
}

export interface FieldFile {
  readonly path: string;
  readonly fieldRef?: { fieldPath: string };
}

export interface Projection {
  readonly configMap?: KeysOf & { name?: string };
  readonly secret?: KeysOf & { name?: string };
  readonly downwardAPI?: { items?: readonly FieldFile[] };
  readonly serviceAccountToken?: { path: string; audience?: string; expirationSeconds?: number };
}

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { fieldPath: string };
    readonly configMapKeyRef?: { name: string; key: string; optional?: boolean };
    readonly secretKeyRef?: { name: string; key: string; optional?: boolean };
    readonly resourceFieldRef?: unknown;
  };
}

export interface EnvFrom {
  readonly prefix?: string;
  readonly configMapRef?: { name: string; optional?: boolean };
  readonly secretRef?: { name: string; optional?: boolean };
}

/** What a probe or a hook does; exactly one is set. */
export interface Hook {
  readonly httpGet?: {
    path?: string;
    port: number | string;
    host?: string;
    scheme?: string;
    httpHeaders?: readonly { name: string; value: string }[];
  };
  readonly tcpSocket?: { port: number | string; host?: string };
  readonly exec?: { command?: readonly string[] };
  readonly sleep?: { seconds: number };
  readonly grpc?: unknown;
}

export interface ProbeSpec extends Hook {
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
  readonly terminationGracePeriodSeconds?: number;
}

export interface PodStatus {
  readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: readonly PodCondition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
  readonly podIP?: string;
  readonly podIPs?: readonly { ip: string }[];
  readonly hostIP?: string;
  readonly startTime?: string;
}

export interface PodCondition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly lastTransitionTime?: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface ContainerState {
  readonly waiting?: { reason: string; message?: string };
  readonly running?: { startedAt: string };
  readonly terminated?: {
    exitCode: number;
    reason: string;
    message?: string;
    startedAt: string;
    finishedAt: string;
    containerID: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: string;
  readonly state: ContainerState;
  readonly lastState: ContainerState;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly started: boolean;
}
