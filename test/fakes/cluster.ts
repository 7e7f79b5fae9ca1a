import { HaleError } from '../../src/domain/errors.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type {
  AutoscalerView,
  ClusterReader,
  ClusterWriter,
  PodView,
  ServiceView,
  WorkloadView,
} from '../../src/ports/cluster.ts';

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
  addService(service: ServiceView): void;
  setAutoscaler(subject: Subject, autoscaler: AutoscalerView | null): void;
  nextWrite(behaviour: WriteBehaviour): void;
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
    containers: [{ name: 'app', image: 'registry.example/app:1', env: {} }],
    controller: null,
    replicasManager: null,
    createdAt: 0,
    ...rest,
    subject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}`, ...subject },
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
  }));
}

/** An in-memory Kubernetes, with the API server's way of refusing a patch whose tests fail. The cache is always in step. */
export function fakeCluster(now: () => number): FakeCluster {
  const workloads = new Map<string, { view: WorkloadView; pods: readonly PodView[] }>();
  const autoscalers = new Map<string, AutoscalerView>();
  const services: ServiceView[] = [];
  const configMaps = new Map<string, Readonly<Record<string, string>>>();
  const writes: ScaleWrite[] = [];
  let behaviour: WriteBehaviour = 'answers';
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

  const reader: ClusterReader = {
    cacheState: () => ({ state: 'ready' }),
    workload: find,
    workloadOfPod(namespace, pod) {
      for (const { view, pods } of workloads.values()) {
        if (pods.some((one) => one.namespace === namespace && one.name === pod)) return view;
      }
      return null;
    },
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

  const writer: ClusterWriter = {
    async scale({ subject, from, to, dryRun }, fence) {
      if (now() > fence.deadline)
        throw new HaleError('intent-expired', `the deadline of intent ${fence.intentId} has passed`);
      mustReach();
      const answer = behaviour;
      behaviour = 'answers';
      if (answer === 'unavailable') throw new HaleError('cluster-unavailable', 'the Kubernetes API did not answer');
      const view = find(subject);
      if (view === null || view.subject.uid !== subject.uid || view.replicas !== from) {
        throw new HaleError(
          'world-moved',
          `${subjectName(subject)} is not as it was: ${view?.replicas ?? 'gone'}, not ${from}`,
        );
      }
      if (dryRun) return;
      change(subject, { replicas: to, replicasManager: 'hale', generation: view.generation + 1 });
      writes.push({ subject, from, to, intentId: fence.intentId });
      if (answer === 'lost-answer')
        throw new HaleError('cluster-unavailable', 'the connection ended before the answer');
    },
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
    change,
    remove: (subject) => void workloads.delete(keyOf(subject)),
    addWorkload(view, pods = fakePods(view)) {
      workloads.set(keyOf(view.subject), { view, pods });
    },
    addService: (service) => void services.push(service),
    setAutoscaler(subject, autoscaler) {
      if (autoscaler) autoscalers.set(subject.uid, autoscaler);
      else autoscalers.delete(subject.uid);
    },
    nextWrite(next) {
      behaviour = next;
    },
    setReachable(next) {
      reachable = next;
    },
  };
}
