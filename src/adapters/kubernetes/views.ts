import type {
  AutoscalerView,
  ContainerEnd,
  ContainerTrouble,
  ContainerView,
  FieldChange,
  NamespaceView,
  PodView,
  ServiceView,
  WorkloadView,
} from '../../ports/cluster.ts';
import { at, isObject, listAt, numberAt, requiredText, textAt, textsAt } from './json.ts';
import { apiVersionOf, type KubeResource } from './resources.ts';

/** The one owner that controls an object. */
export interface OwnerRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface PodRecord {
  readonly view: PodView;
  readonly owner: OwnerRef | null;
  /** Kept only where the pod may itself be what stands for a workload: nothing owns it, or something that is not watched. */
  readonly alone: PodDetails | null;
}

interface PodDetails {
  readonly containers: readonly ContainerView[];
  readonly annotations: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

export interface ReplicaSetRecord {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: OwnerRef | null;
  /** Empty where a Deployment owns it: there is one for every revision, and nothing of it is used. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly createdAt: number;
}

export interface AutoscalerRecord {
  readonly namespace: string;
  readonly view: AutoscalerView;
  readonly target: ScaleTarget;
}

export interface ScaleTarget {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Copy of the whole object that kubectl leaves: as large as the object, and of no use. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Kinds whose objects are watched: a pod of one of these never stands for itself. */
const WATCHED_OWNERS = new Set(['apps/ReplicaSet', 'apps/StatefulSet', 'apps/DaemonSet']);
const BUILT_IN_OWNERS = new Set([...WATCHED_OWNERS, 'apps/Deployment', 'batch/Job', 'batch/CronJob']);

export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
}

function qualifiedKind({ apiVersion, kind }: Pick<OwnerRef, 'apiVersion' | 'kind'>): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

export function isWatchedOwner(owner: OwnerRef): boolean {
  return WATCHED_OWNERS.has(qualifiedKind(owner));
}

/** What a view names as `controller`: the owner, unless Kubernetes itself brings that kind. */
export function foreignController(owner: OwnerRef | null): WorkloadView['controller'] {
  if (owner === null || BUILT_IN_OWNERS.has(qualifiedKind(owner))) return null;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name };
}

export function controllingOwner(object: unknown): OwnerRef | null {
  const owner = listAt(object, 'metadata', 'ownerReferences').find((ref) => at(ref, 'controller') === true);
  if (owner === undefined) return null;
  return {
    apiVersion: requiredText(owner, 'apiVersion'),
    kind: requiredText(owner, 'kind'),
    name: requiredText(owner, 'name'),
    uid: requiredText(owner, 'uid'),
  };
}

function annotationsOf(object: unknown): Readonly<Record<string, string>> {
  const { [LAST_APPLIED]: _dropped, ...kept } = textsAt(object, 'metadata', 'annotations');
  return kept;
}

export function createdAtOf(object: unknown): number {
  const createdAt = Date.parse(textAt(object, 'metadata', 'creationTimestamp') ?? '');
  return Number.isNaN(createdAt) ? 0 : createdAt;
}

/** Literal values only: what comes from a Secret or a ConfigMap has no value here, and is not looked up. */
function containersOf(podSpec: unknown): ContainerView[] {
  return listAt(podSpec, 'containers').map((container) => ({
    name: textAt(container, 'name') ?? '',
    image: textAt(container, 'image') ?? '',
    resources: {
      cpuRequest: textAt(container, 'resources', 'requests', 'cpu'),
      cpuLimit: textAt(container, 'resources', 'limits', 'cpu'),
      memoryRequest: textAt(container, 'resources', 'requests', 'memory'),
      memoryLimit: textAt(container, 'resources', 'limits', 'memory'),
    },
    env: Object.fromEntries(
      listAt(container, 'env')
        .filter((variable) => at(variable, 'valueFrom') === undefined)
        .map((variable) => [textAt(variable, 'name') ?? '', textAt(variable, 'value') ?? '']),
    ),
  }));
}

/** A workload of any built-in kind, from the object itself. */
export function workloadView(object: unknown, resource: KubeResource): WorkloadView {
  const isPod = resource.kind === 'Pod';
  const template = isPod ? at(object, 'spec') : at(object, 'spec', 'template', 'spec');
  return {
    subject: {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      namespace: requiredText(object, 'metadata', 'namespace'),
      name: requiredText(object, 'metadata', 'name'),
      uid: requiredText(object, 'metadata', 'uid'),
    },
    ...replicaCounts(object, resource.kind),
    generation: numberAt(object, 'metadata', 'generation') ?? 0,
    observedGeneration: numberAt(object, 'status', 'observedGeneration') ?? 0,
    paused: at(object, 'spec', 'paused') === true,
    progressDeadlineExceeded: listAt(object, 'status', 'conditions').some(
      (it) =>
        textAt(it, 'type') === 'Progressing' &&
        textAt(it, 'status') === 'False' &&
        textAt(it, 'reason') === 'ProgressDeadlineExceeded',
    ),
    labels: textsAt(object, 'metadata', 'labels'),
    annotations: annotationsOf(object),
    selector: textsAt(object, 'spec', 'selector', 'matchLabels'),
    containers: containersOf(template),
    controller: foreignController(controllingOwner(object)),
    replicasManager: replicasManager(object),
    strategy: textAt(object, 'spec', 'strategy', 'type') ?? textAt(object, 'spec', 'updateStrategy', 'type'),
    changes: changesOf(object),
    createdAt: createdAtOf(object),
  };
}

type ReplicaCounts = Pick<WorkloadView, 'replicas' | 'readyReplicas' | 'updatedReplicas' | 'availableReplicas'>;

/** Every kind counts its pods under other names. */
function replicaCounts(object: unknown, kind: string): ReplicaCounts {
  const status = (name: string): number => numberAt(object, 'status', name) ?? 0;
  switch (kind) {
    case 'DaemonSet':
      return {
        replicas: null,
        readyReplicas: status('numberReady'),
        updatedReplicas: status('updatedNumberScheduled'),
        availableReplicas: status('numberAvailable'),
      };
    case 'Job':
      return {
        replicas: null,
        readyReplicas: status('ready'),
        updatedReplicas: status('active'),
        availableReplicas: status('ready'),
      };
    case 'Pod': {
      const ready = isReady(object) ? 1 : 0;
      return { replicas: null, readyReplicas: ready, updatedReplicas: 1, availableReplicas: ready };
    }
    default:
      return {
        // The API server fills in 1 where nothing was said.
        replicas: numberAt(object, 'spec', 'replicas') ?? 1,
        readyReplicas: status('readyReplicas'),
        updatedReplicas: kind === 'ReplicaSet' ? status('replicas') : status('updatedReplicas'),
        availableReplicas: status('availableReplicas'),
      };
  }
}

/** The newest entry of managedFields that owns spec.replicas, be it of the object or of its scale subresource. */
function replicasManager(object: unknown): string | null {
  let newest: { manager: string | null; time: number } | null = null;
  for (const entry of listAt(object, 'metadata', 'managedFields')) {
    if (at(entry, 'fieldsV1', 'f:spec', 'f:replicas') === undefined) continue;
    const time = Date.parse(textAt(entry, 'time') ?? '') || 0;
    if (newest === null || time >= newest.time) newest = { manager: textAt(entry, 'manager'), time };
  }
  return newest?.manager ?? null;
}

const MAX_CHANGES = 8;
const MAX_FIELDS = 12;
const FIELD_DEPTH = 3;

/** Who wrote what, newest first; the controllers' own writing of the status says nothing about a cause. */
export function changesOf(object: unknown): FieldChange[] {
  return listAt(object, 'metadata', 'managedFields')
    .filter((entry) => textAt(entry, 'subresource') !== 'status')
    .map((entry) => ({
      manager: textAt(entry, 'manager') ?? '',
      at: timeAt(entry, 'time'),
      subresource: textAt(entry, 'subresource') ?? '',
      fields: fieldPaths(at(entry, 'fieldsV1')).slice(0, MAX_FIELDS),
    }))
    .toSorted((a, b) => (b.at ?? 0) - (a.at ?? 0))
    .slice(0, MAX_CHANGES);
}

/** `{"f:spec":{"f:replicas":{}}}` -> `spec.replicas` */
function fieldPaths(fields: unknown, path: readonly string[] = []): string[] {
  const names = isObject(fields) ? Object.keys(fields).filter((key) => key.startsWith('f:')) : [];
  if (names.length === 0 || path.length === FIELD_DEPTH) return path.length === 0 ? [] : [path.join('.')];
  return names.flatMap((name) => fieldPaths(at(fields, name), [...path, name.slice(2)]));
}

/** Unix ms of an RFC 3339 time; null where there is none. */
export function timeAt(value: unknown, ...path: readonly string[]): number | null {
  const time = Date.parse(textAt(value, ...path) ?? '');
  return Number.isNaN(time) ? null : time;
}

function isReady(pod: unknown): boolean {
  return listAt(pod, 'status', 'conditions').some(
    (it) => textAt(it, 'type') === 'Ready' && textAt(it, 'status') === 'True',
  );
}

const NO_TROUBLES: readonly ContainerTrouble[] = [];
const MAX_MESSAGE = 500;

/** One shared empty list for the many pods that are well. */
function troublesOf(pod: unknown): readonly ContainerTrouble[] {
  const found = [
    ...listAt(pod, 'status', 'initContainerStatuses').map((status) => ({ status, isInit: true })),
    ...listAt(pod, 'status', 'containerStatuses').map((status) => ({ status, isInit: false })),
  ].flatMap(({ status, isInit }) => troubleOf(status, isInit) ?? []);
  return found.length === 0 ? NO_TROUBLES : found;
}

function troubleOf(status: unknown, isInit: boolean): ContainerTrouble | null {
  const ready = at(status, 'ready') === true;
  const restarts = numberAt(status, 'restartCount') ?? 0;
  const waiting = at(status, 'state', 'waiting');
  const terminated = endOf(at(status, 'state', 'terminated'));
  // An init container that has done its work is ready and ended with 0.
  const isDone = isInit && terminated?.exitCode === 0;
  if ((ready || isDone) && restarts === 0) return null;
  return {
    name: textAt(status, 'name') ?? '',
    isInit,
    ready,
    restarts,
    waiting: waiting === undefined ? null : reasonOf(waiting),
    terminated,
    lastTerminated: endOf(at(status, 'lastState', 'terminated')),
  };
}

function endOf(terminated: unknown): ContainerEnd | null {
  if (!isObject(terminated)) return null;
  return {
    reason: textAt(terminated, 'reason') ?? '',
    exitCode: numberAt(terminated, 'exitCode') ?? 0,
    at: timeAt(terminated, 'finishedAt'),
  };
}

function reasonOf(value: unknown): { reason: string; message: string } {
  return { reason: textAt(value, 'reason') ?? '', message: (textAt(value, 'message') ?? '').slice(0, MAX_MESSAGE) };
}

function podReason(pod: unknown): PodView['reason'] {
  if (textAt(pod, 'status', 'reason')) return reasonOf(at(pod, 'status'));
  const unscheduled = listAt(pod, 'status', 'conditions').find(
    (it) => textAt(it, 'type') === 'PodScheduled' && textAt(it, 'status') === 'False',
  );
  return unscheduled === undefined ? null : reasonOf(unscheduled);
}

function podDetails(pod: unknown, createdAt: number): PodDetails {
  return { containers: containersOf(at(pod, 'spec')), annotations: annotationsOf(pod), createdAt };
}

export function podRecord(object: unknown): PodRecord {
  const owner = controllingOwner(object);
  const view: PodView = {
    namespace: requiredText(object, 'metadata', 'namespace'),
    name: requiredText(object, 'metadata', 'name'),
    uid: requiredText(object, 'metadata', 'uid'),
    labels: textsAt(object, 'metadata', 'labels'),
    ready: isReady(object),
    phase: textAt(object, 'status', 'phase') ?? 'Unknown',
    ip: textAt(object, 'status', 'podIP') || null,
    nodeName: textAt(object, 'spec', 'nodeName') || null,
    restarts: listAt(object, 'status', 'containerStatuses').reduce<number>(
      (sum, it) => sum + (numberAt(it, 'restartCount') ?? 0),
      0,
    ),
    owner: owner === null ? null : { kind: owner.kind, name: owner.name, uid: owner.uid },
    createdAt: createdAtOf(object),
    terminating: textAt(object, 'metadata', 'deletionTimestamp') !== null,
    reason: podReason(object),
    troubles: troublesOf(object),
  };
  const isOwned = owner !== null && isWatchedOwner(owner);
  return { view, owner, alone: isOwned ? null : podDetails(object, view.createdAt) };
}

export function replicaSetRecord(object: unknown): ReplicaSetRecord {
  const owner = controllingOwner(object);
  const ofDeployment = owner !== null && qualifiedKind(owner) === 'apps/Deployment';
  return {
    namespace: requiredText(object, 'metadata', 'namespace'),
    name: requiredText(object, 'metadata', 'name'),
    uid: requiredText(object, 'metadata', 'uid'),
    owner,
    labels: ofDeployment ? {} : textsAt(object, 'metadata', 'labels'),
    annotations: ofDeployment ? {} : annotationsOf(object),
    createdAt: createdAtOf(object),
  };
}

export function serviceView(object: unknown): ServiceView {
  const address = textAt(object, 'spec', 'clusterIP');
  return {
    namespace: requiredText(object, 'metadata', 'namespace'),
    name: requiredText(object, 'metadata', 'name'),
    clusterIp: address === null || address === '' || address === 'None' ? null : address,
    selector: textsAt(object, 'spec', 'selector'),
    ports: listAt(object, 'spec', 'ports').map((it) => ({
      name: textAt(it, 'name') ?? '',
      port: numberAt(it, 'port') ?? 0,
      targetPort: textAt(it, 'targetPort') ?? String(numberAt(it, 'targetPort') ?? numberAt(it, 'port') ?? ''),
    })),
  };
}

export function namespaceView(object: unknown): NamespaceView {
  return {
    name: requiredText(object, 'metadata', 'name'),
    labels: textsAt(object, 'metadata', 'labels'),
    annotations: annotationsOf(object),
  };
}

/** An HPA; where KEDA made it, it is named after the ScaledObject, which is the object to change. */
export function autoscalerRecord(object: unknown): AutoscalerRecord {
  const scaledObject = textAt(object, 'metadata', 'labels', 'scaledobject.keda.sh/name');
  const name = requiredText(object, 'metadata', 'name');
  return {
    namespace: requiredText(object, 'metadata', 'namespace'),
    view: {
      name: scaledObject ?? name,
      by: scaledObject === null ? 'HorizontalPodAutoscaler' : 'KEDA',
      minReplicas: numberAt(object, 'spec', 'minReplicas') ?? 1,
      maxReplicas: numberAt(object, 'spec', 'maxReplicas') ?? 0,
    },
    target: scaleTarget(at(object, 'spec', 'scaleTargetRef')),
  };
}

/** A ScaledObject of KEDA; defaults from its CRD: kind Deployment, 0 to 100 replicas. */
export function scaledObjectRecord(object: unknown): AutoscalerRecord {
  return {
    namespace: requiredText(object, 'metadata', 'namespace'),
    view: {
      name: requiredText(object, 'metadata', 'name'),
      by: 'KEDA',
      minReplicas: numberAt(object, 'spec', 'minReplicaCount') ?? 0,
      maxReplicas: numberAt(object, 'spec', 'maxReplicaCount') ?? 100,
    },
    target: scaleTarget(at(object, 'spec', 'scaleTargetRef')),
  };
}

function scaleTarget(ref: unknown): ScaleTarget {
  const apiVersion = isObject(ref) ? textAt(ref, 'apiVersion') : null;
  return {
    group: apiVersion === null || apiVersion === '' ? 'apps' : groupOf(apiVersion),
    kind: textAt(ref, 'kind') ?? 'Deployment',
    name: textAt(ref, 'name') ?? '',
  };
}

export function isTarget(target: ScaleTarget, subject: { apiVersion: string; kind: string; name: string }): boolean {
  return target.kind === subject.kind && target.name === subject.name && target.group === groupOf(subject.apiVersion);
}
