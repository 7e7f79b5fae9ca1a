import { isDeepStrictEqual } from 'node:util';
import { HaleError } from '../../src/domain/errors.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type {
  AutoscalerView,
  ClusterReader,
  ClusterWriter,
  FieldReplacement,
  PodView,
  ServiceView,
  WorkloadView,
  WriteFence,
} from '../../src/ports/cluster.ts';
import { NO_RESOURCES } from '../../src/ports/cluster.ts';
import type {
  AutoscalerDetails,
  ClusterEvent,
  DisruptionBudgetView,
  EndpointsView,
  NetworkPolicyView,
  NodeView,
  PodRef,
  QuotaView,
  RevisionView,
  StorageClassView,
  VolumeClaimView,
} from '../../src/ports/cluster-details.ts';

/** What the fresh reads answer; what is not given is empty. */
export interface FakeDetails {
  revisions?: readonly RevisionView[];
  object?: Readonly<Record<string, unknown>> | null;
  events?: readonly ClusterEvent[];
  autoscalers?: readonly AutoscalerDetails[];
  endpoints?: EndpointsView | null;
  networkPolicies?: readonly NetworkPolicyView[];
  quotas?: readonly QuotaView[];
  volumeClaims?: readonly VolumeClaimView[];
  storageClasses?: readonly StorageClassView[];
  disruptionBudgets?: readonly DisruptionBudgetView[];
  nodes?: readonly NodeView[];
  /** By `pod/container`, and `pod/container/previous`. */
  logs?: Readonly<Record<string, string>>;
}

/** A write other than of replicas, as it was stored. */
export type ObjectWrite =
  | { readonly write: 'evict'; readonly pod: string; readonly intentId: string }
  | {
      readonly write: 'replace';
      readonly subject: Subject;
      readonly fields: readonly FieldReplacement[];
      readonly intentId: string;
    };

export interface ScaleWrite {
  readonly subject: Subject;
  readonly from: number;
  readonly to: number;
  readonly intentId: string;
}

/** What the API server would say to the next write. `lost-answer`: the write is stored, but the answer does not arrive. */
export type WriteBehaviour = 'answers' | 'lost-answer' | 'unavailable';

export interface FakeCluster {
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Every change that was stored, oldest first; dry runs and refusals are not here. */
  readonly writes: readonly ScaleWrite[];
  /** Replaces fields of a workload, as somebody else would. */
  change(subject: Subject, fields: Partial<WorkloadView>): void;
  remove(subject: Subject): void;
  addWorkload(view: WorkloadView, pods?: readonly PodView[]): void;
  addService(service: Omit<ServiceView, 'ports'> & Partial<ServiceView>): void;
  /** Writes other than of replicas, oldest first. */
  readonly objectWrites: readonly ObjectWrite[];
  /** Adds to what the fresh reads answer. */
  setDetails(details: FakeDetails): void;
  /** Replaces the pods of a workload, as its controllers would. */
  setPods(subject: Subject, pods: readonly PodView[]): void;
  setAutoscaler(subject: Subject, autoscaler: AutoscalerView | null): void;
  /** Of the next write, or of the one that comes after so many others. */
  nextWrite(behaviour: WriteBehaviour, after?: number): void;
  /** While false, fresh reads fail as `cluster-unavailable`. */
  setReachable(reachable: boolean): void;
}

/** A workload that is settled: all replicas are ready. */
export function fakeWorkload(
  fields: Partial<Omit<WorkloadView, 'subject'>> & { subject?: Partial<Subject> } = {},
): WorkloadView {
  const { subject, ...rest } = fields;
  const name = subject?.name ?? 'orders';
  const replicas = fields.replicas === undefined ? 3 : fields.replicas;
  return {
    replicas,
    readyReplicas: replicas ?? 1,
    updatedReplicas: replicas ?? 1,
    availableReplicas: replicas ?? 1,
    generation: 1,
    observedGeneration: 1,
    paused: false,
    progressDeadlineExceeded: false,
    labels: { app: name },
    annotations: {},
    selector: { app: name },
    containers: [{ name: 'app', image: 'registry.example/app:1', resources: NO_RESOURCES, env: {} }],
    controller: null,
    replicasManager: null,
    strategy: 'RollingUpdate',
    changes: [],
    createdAt: 0,
    ...rest,
    subject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}`, ...subject },
  };
}

/** A revision whose only container has these fields. */
export function fakeRevision(
  number: number,
  createdAt: number,
  container: { image?: string } & object = {},
): RevisionView {
  const whole = { name: 'app', image: 'registry.example/app:1', ...container };
  return {
    name: `orders-${number}`,
    uid: `uid-orders-${number}`,
    revision: number,
    createdAt,
    replicas: 3,
    readyReplicas: 0,
    images: [whole.image],
    changeCause: '',
    template: { spec: { containers: [whole] } },
  };
}

/** Pods as the controllers would name them, all ready. */
export function fakePods(view: WorkloadView, count = view.replicas ?? 1): readonly PodView[] {
  const { kind, namespace, name } = view.subject;
  return Array.from({ length: count }, (_, index) => ({
    namespace,
    name: kind === 'StatefulSet' ? `${name}-${index}` : `${name}-7d9f8c6b5d-x2k4${String.fromCharCode(98 + index)}`,
    uid: `uid-${name}-${index}`,
    labels: view.selector,
    ready: true,
    phase: 'Running',
    ip: null,
    nodeName: 'node-1',
    restarts: 0,
    owner:
      kind === 'Deployment'
        ? { kind: 'ReplicaSet', name: `${name}-7d9f8c6b5d`, uid: `uid-${name}-rs` }
        : { kind, name, uid: view.subject.uid },
    createdAt: 0,
    terminating: false,
    reason: null,
    troubles: [],
  }));
}

/** An in-memory Kubernetes, with the API server's way of refusing a patch whose tests fail. The cache is always in step. */
export function fakeCluster(now: () => number): FakeCluster {
  const workloads = new Map<string, { view: WorkloadView; pods: readonly PodView[] }>();
  const autoscalers = new Map<string, AutoscalerView>();
  const services: ServiceView[] = [];
  const configMaps = new Map<string, Readonly<Record<string, string>>>();
  const writes: ScaleWrite[] = [];
  const objectWrites: ObjectWrite[] = [];
  let details: FakeDetails = {};
  let behaviour: WriteBehaviour = 'answers';
  let writesBefore = 0;
  let reachable = true;

  const keyOf = (ref: { namespace: string; kind: string; name: string }) => `${ref.kind} ${ref.namespace}/${ref.name}`;
  const find = (ref: { namespace: string; kind: string; name: string }) => workloads.get(keyOf(ref))?.view ?? null;

  function mustReach(): void {
    if (!reachable) throw new HaleError('cluster-unavailable', 'the Kubernetes API did not answer');
  }

  function change(subject: Subject, fields: Partial<WorkloadView>): void {
    const held = workloads.get(keyOf(subject));
    if (!held) throw new Error(`the fake cluster has no ${subjectName(subject)}`);
    workloads.set(keyOf(subject), { ...held, view: { ...held.view, ...fields } });
  }

  /** A fresh read: fails while the API server cannot be reached. */
  async function fresh<T>(read: () => T): Promise<T> {
    mustReach();
    return read();
  }

  /** The object with the UID of the workload as it is now; an autoscaler has the one that it was given. */
  function objectOf(subject: Subject): Readonly<Record<string, unknown>> | null {
    const object = details.object ?? null;
    if (object === null || subject.kind === 'HorizontalPodAutoscaler') return object;
    const view = find(subject);
    if (view === null) return null;
    const metadata = typeof object.metadata === 'object' ? object.metadata : {};
    return { ...object, metadata: { ...metadata, uid: view.subject.uid } };
  }

  const reader: ClusterReader = {
    revisions: (subject) => fresh(() => (subject.kind === 'Deployment' ? (details.revisions ?? []) : [])),
    freshPods: ({ subject }) => fresh(() => workloads.get(keyOf(subject))?.pods ?? []),
    object: (subject) => fresh(() => objectOf(subject)),
    eventsAbout: () => fresh(() => details.events ?? []),
    autoscalersOf: () => fresh(() => details.autoscalers ?? []),
    endpointsOf: () => fresh(() => details.endpoints ?? null),
    networkPolicies: () => fresh(() => details.networkPolicies ?? []),
    quotas: () => fresh(() => details.quotas ?? []),
    volumeClaims: () => fresh(() => details.volumeClaims ?? []),
    storageClasses: () => fresh(() => details.storageClasses ?? []),
    disruptionBudgets: () => fresh(() => details.disruptionBudgets ?? []),
    nodes: () => fresh(() => details.nodes ?? []),
    podLog: ({ name, container, previous }) =>
      fresh(() => details.logs?.[`${name}/${container}${previous ? '/previous' : ''}`] ?? null),
    cacheState: () => ({ state: 'ready' }),
    workload: find,
    workloadOfPod(namespace, pod) {
      for (const { view, pods } of workloads.values()) {
        if (pods.some((one) => one.namespace === namespace && one.name === pod)) return view;
      }
      return null;
    },
    workloadOfGonePod: () => null,
    workloads: (namespace) =>
      [...workloads.values()]
        .map((held) => held.view)
        .filter((view) => !namespace || view.subject.namespace === namespace),
    podsOf: (subject) => workloads.get(keyOf(subject))?.pods ?? [],
    services: (namespace) => services.filter((service) => service.namespace === namespace),
    namespace: (name) => ({ name, labels: {}, annotations: {} }),
    autoscalerOf: (subject) => autoscalers.get(subject.uid) ?? null,
    async freshWorkload(subject) {
      mustReach();
      return find(subject);
    },
    async freshAutoscaler(subject) {
      mustReach();
      return autoscalers.get(subject.uid) ?? null;
    },
    async configMap(namespace, name) {
      mustReach();
      return configMaps.get(`${namespace}/${name}`) ?? null;
    },
    async missingPermissions() {
      return [];
    },
    async version() {
      return 'v1.35.4';
    },
  };

  /** What every write goes through: the deadline, the line, and the answer that may be lost after it was stored. */
  async function stored(
    fence: WriteFence,
    dryRun: boolean | undefined,
    check: () => void,
    store: () => void,
  ): Promise<void> {
    if (now() > fence.deadline)
      throw new HaleError('intent-expired', `the deadline of intent ${fence.intentId} has passed`);
    mustReach();
    const isItsTurn = writesBefore-- <= 0;
    const answer = isItsTurn ? behaviour : 'answers';
    if (isItsTurn) behaviour = 'answers';
    if (answer === 'unavailable') throw new HaleError('cluster-unavailable', 'the Kubernetes API did not answer');
    check();
    if (dryRun === true) return;
    store();
    if (answer === 'lost-answer') throw new HaleError('cluster-unavailable', 'the connection ended before the answer');
  }

  function mustHavePod({ namespace, name, uid }: PodRef): void {
    for (const { pods } of workloads.values()) {
      if (pods.some((pod) => pod.namespace === namespace && pod.name === name && pod.uid === uid)) return;
    }
    throw new HaleError('world-moved', `pod ${namespace}/${name} is gone`);
  }

  function removePod({ uid }: PodRef): void {
    for (const [key, held] of workloads) {
      if (!held.pods.some((pod) => pod.uid === uid)) continue;
      workloads.set(key, { ...held, pods: held.pods.filter((pod) => pod.uid !== uid) });
    }
  }

  const writer: ClusterWriter = {
    evictPod: (pod, fence) =>
      stored(
        fence,
        pod.dryRun,
        () => mustHavePod(pod),
        () => {
          removePod(pod);
          objectWrites.push({ write: 'evict', pod: pod.name, intentId: fence.intentId });
        },
      ),
    replaceFields: ({ subject, fields, dryRun }, fence) =>
      stored(
        fence,
        dryRun,
        () => {
          const found = objectOf(subject);
          if (pointed(found, '/metadata/uid') !== subject.uid)
            throw new HaleError('world-moved', `${subjectName(subject)} is another object by now`);
          const moved = fields.find(
            ({ path, from }) => !isDeepStrictEqual(pointed(details.object, path) ?? null, from),
          );
          if (moved) throw new HaleError('world-moved', `${subjectName(subject)}: ${moved.path} is not as it was`);
        },
        () => {
          for (const { path, to } of fields)
            details = { ...details, object: withField(details.object ?? {}, path, to) };
          objectWrites.push({ write: 'replace', subject, fields, intentId: fence.intentId });
          const view = find(subject);
          if (view !== null) change(subject, { generation: view.generation + 1 });
        },
      ),
    scale: ({ subject, from, to, dryRun }, fence) =>
      stored(
        fence,
        dryRun,
        () => {
          const view = find(subject);
          if (view?.subject.uid === subject.uid && view.replicas === from) return;
          const found = view?.replicas ?? 'gone';
          throw new HaleError('world-moved', `${subjectName(subject)} is not as it was: ${found}, not ${from}`);
        },
        () => {
          const generation = (find(subject)?.generation ?? 0) + 1;
          change(subject, { replicas: to, replicasManager: 'hale', generation });
          writes.push({ subject, from, to, intentId: fence.intentId });
        },
      ),
    async recordEvent() {
      mustReach();
    },
    async putConfigMap(namespace, name, data) {
      mustReach();
      configMaps.set(`${namespace}/${name}`, data);
    },
  };

  return {
    reader,
    writer,
    writes,
    objectWrites,
    setDetails(more) {
      details = { ...details, ...more };
    },
    setPods(subject, pods) {
      const held = workloads.get(keyOf(subject));
      if (held) workloads.set(keyOf(subject), { ...held, pods });
    },
    change,
    remove: (subject) => void workloads.delete(keyOf(subject)),
    addWorkload(view, pods = fakePods(view)) {
      workloads.set(keyOf(view.subject), { view, pods });
    },
    addService: (service) => void services.push({ ports: [], ...service }),
    setAutoscaler(subject, autoscaler) {
      if (autoscaler) autoscalers.set(subject.uid, autoscaler);
      else autoscalers.delete(subject.uid);
    },
    nextWrite(next, after = 0) {
      behaviour = next;
      writesBefore = after;
    },
    setReachable(next) {
      reachable = next;
    },
  };
}

/** The value at a JSON pointer. */
function pointed(value: unknown, path: string): unknown {
  return namesOf(path).reduce<unknown>(
    (found, name) => (typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined),
    value,
  );
}

/** A copy with the value at a JSON pointer replaced, added, or (null) removed. */
function withField(
  object: Readonly<Record<string, unknown>>,
  path: string,
  to: unknown,
): Readonly<Record<string, unknown>> {
  const copy = structuredClone(object) as Record<string, unknown>;
  const names = namesOf(path);
  const last = names.pop() ?? '';
  const place = pointed(copy, names.length === 0 ? '' : `/${names.map(escaped).join('/')}`) as Record<string, unknown>;
  if (to === null) delete place[last];
  else place[last] = structuredClone(to);
  return copy;
}

function namesOf(path: string): string[] {
  return path
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
