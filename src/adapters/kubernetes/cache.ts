import type { Subject } from '../../domain/subject.ts';
import type { AutoscalerView, NamespaceView, PodView, ServiceView, WorkloadView } from '../../ports/cluster.ts';
import { createTable, type Table } from './table.ts';
import {
  type AutoscalerRecord,
  foreignController,
  isTarget,
  isWatchedOwner,
  type OwnerRef,
  type PodRecord,
  type ReplicaSetRecord,
} from './views.ts';

/** What the watches fill. */
export interface ClusterTables {
  readonly workloads: Readonly<Record<'Deployment' | 'StatefulSet' | 'DaemonSet', Table<WorkloadView>>>;
  readonly replicaSets: Table<ReplicaSetRecord>;
  readonly pods: Table<PodRecord>;
  readonly services: Table<ServiceView>;
  readonly namespaces: Table<NamespaceView>;
  readonly autoscalers: Table<AutoscalerRecord>;
}

/** Alerts go on about a pod for minutes after it is gone, and a rollout takes all of a workload's. */
const GONE_PODS_KEPT = 2_000;

export function createClusterTables(): ClusterTables {
  return {
    workloads: { Deployment: createTable(), StatefulSet: createTable(), DaemonSet: createTable() },
    replicaSets: createTable(),
    pods: createTable({ goneKept: GONE_PODS_KEPT }),
    services: createTable(),
    namespaces: createTable(),
    autoscalers: createTable(),
  };
}

/** The workload that a reference names; ReplicaSets, Jobs and pods only where they themselves stand at the top of their chain. */
export function findWorkload(
  tables: ClusterTables,
  { namespace, kind, name }: { readonly namespace: string; readonly kind: string; readonly name: string },
): WorkloadView | null {
  switch (kind) {
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
      return tables.workloads[kind].get(namespace, name) ?? null;
    case 'ReplicaSet': {
      const record = tables.replicaSets.get(namespace, name);
      return record === undefined || ownedByDeployment(record.owner) ? null : replicaSetView(tables, record);
    }
    case 'Job': {
      const pod = [...tables.pods.of(namespace)].find((it) => it.owner?.kind === 'Job' && it.owner.name === name);
      return pod === undefined ? null : workloadOf(tables, pod);
    }
    case 'Pod': {
      const pod = tables.pods.get(namespace, name);
      const view = pod === undefined ? null : workloadOf(tables, pod);
      return view?.subject.kind === 'Pod' ? view : null;
    }
    default:
      return null;
  }
}

/**
 * Climbs the owner chain as far as Kubernetes' own kinds go. null where a link is not in the cache, or where an object of the same name has
 * another UID: then nobody knows yet whose the pod is, and a guess could be written to.
 */
export function workloadOf(tables: ClusterTables, pod: PodRecord): WorkloadView | null {
  const { owner, view } = pod;
  const { namespace } = view;
  if (owner === null || !isWatchedOwner(owner)) {
    if (owner?.kind === 'Job' && owner.apiVersion.startsWith('batch/')) return jobView(tables, pod, owner);
    return podView(pod);
  }
  if (owner.kind !== 'ReplicaSet') return ownWorkload(tables, namespace, owner);
  const replicaSet = tables.replicaSets.get(namespace, owner.name);
  if (replicaSet === undefined || replicaSet.uid !== owner.uid) return null;
  if (replicaSet.owner !== null && ownedByDeployment(replicaSet.owner)) {
    return ownWorkload(tables, namespace, replicaSet.owner);
  }
  return replicaSetView(tables, replicaSet);
}

/** The workload of a pod that is gone, while its owners are there: their UIDs are compared. A pod that owned itself is gone with all of it. */
export function workloadOfGonePod(tables: ClusterTables, namespace: string, name: string): WorkloadView | null {
  const pod = tables.pods.gone(namespace, name);
  if (pod === undefined || pod.owner === null || !isWatchedOwner(pod.owner)) return null;
  return workloadOf(tables, pod);
}

export function podsOf(tables: ClusterTables, subject: Subject): PodView[] {
  const { pods, replicaSets } = ownedIn(tables, subject.namespace);
  const owners = [subject.uid, ...(replicaSets.get(subject.uid) ?? [])];
  return owners.flatMap((uid) => pods.get(uid) ?? []);
}

/** What belongs to which UID within a namespace; a pod belongs to itself as well. */
interface Owned {
  readonly revisions: readonly [pods: number, replicaSets: number];
  readonly pods: ReadonlyMap<string, readonly PodView[]>;
  readonly replicaSets: ReadonlyMap<string, readonly string[]>;
}

/** Kept while nothing in the namespace changes: whoever asks for the pods of every workload would else look through all of them for each. */
const kept = new WeakMap<ClusterTables, Map<string, Owned>>();

function ownedIn(tables: ClusterTables, namespace: string): Owned {
  const byNamespace = kept.get(tables) ?? new Map<string, Owned>();
  kept.set(tables, byNamespace);
  const revisions = [tables.pods.revision(namespace), tables.replicaSets.revision(namespace)] as const;
  const known = byNamespace.get(namespace);
  if (known !== undefined && revisions.every((revision, index) => revision === known.revisions[index])) return known;

  const pods = new Map<string, PodView[]>();
  for (const { view, owner } of tables.pods.of(namespace)) {
    addTo(pods, view.uid, view);
    if (owner !== null && owner.uid !== view.uid) addTo(pods, owner.uid, view);
  }
  const replicaSets = new Map<string, string[]>();
  for (const { owner, uid } of tables.replicaSets.of(namespace)) {
    if (owner !== null) addTo(replicaSets, owner.uid, uid);
  }
  const owned: Owned = { revisions, pods, replicaSets };
  byNamespace.set(namespace, owned);
  return owned;
}

function addTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

export function autoscalerOf(tables: ClusterTables, subject: Subject): AutoscalerView | null {
  for (const { target, view } of tables.autoscalers.of(subject.namespace)) {
    if (isTarget(target, subject)) return view;
  }
  return null;
}

function ownedByDeployment(owner: OwnerRef | null): boolean {
  return owner !== null && owner.kind === 'Deployment' && owner.apiVersion.startsWith('apps/');
}

function ownWorkload(tables: ClusterTables, namespace: string, owner: OwnerRef): WorkloadView | null {
  const view = findWorkload(tables, { namespace, kind: owner.kind, name: owner.name });
  return view?.subject.uid === owner.uid ? view : null;
}

const NOTHING_KNOWN = {
  replicas: null,
  generation: 0,
  observedGeneration: 0,
  paused: false,
  progressDeadlineExceeded: false,
  selector: {},
  replicasManager: null,
  strategy: null,
  changes: [],
} as const;

function countsOf(
  pods: readonly PodView[],
): Pick<WorkloadView, 'readyReplicas' | 'updatedReplicas' | 'availableReplicas'> {
  const ready = pods.filter((it) => it.ready).length;
  return { readyReplicas: ready, updatedReplicas: pods.length, availableReplicas: ready };
}

/** Of a ReplicaSet only the metadata is watched; its counts are those of its pods. */
function replicaSetView(tables: ClusterTables, record: ReplicaSetRecord): WorkloadView {
  const { namespace, name, uid, owner, labels, annotations, createdAt } = record;
  const subject = { apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace, name, uid };
  const counts = countsOf(podsOf(tables, subject));
  const controller = foreignController(owner);
  return { ...NOTHING_KNOWN, subject, ...counts, labels, annotations, containers: [], controller, createdAt };
}

/** Jobs are not watched; what is known of one is what its pods say. */
function jobView(tables: ClusterTables, { view, alone }: PodRecord, owner: OwnerRef): WorkloadView {
  const { apiVersion, kind, name, uid } = owner;
  const subject = { apiVersion, kind, namespace: view.namespace, name, uid };
  return {
    ...NOTHING_KNOWN,
    subject,
    ...countsOf(podsOf(tables, subject)),
    labels: view.labels,
    annotations: alone?.annotations ?? {},
    containers: alone?.containers ?? [],
    controller: null,
    createdAt: alone?.createdAt ?? 0,
  };
}

function podView({ view, owner, alone }: PodRecord): WorkloadView {
  const { namespace, name, uid, labels } = view;
  return {
    ...NOTHING_KNOWN,
    subject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
    ...countsOf([view]),
    labels,
    annotations: alone?.annotations ?? {},
    containers: alone?.containers ?? [],
    controller: foreignController(owner),
    createdAt: alone?.createdAt ?? 0,
  };
}
