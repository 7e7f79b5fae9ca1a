import type { CallNode } from '../domain/call-graph.ts';
import { type Subject, subjectName } from '../domain/subject.ts';
import { isSeriesOf, placeOf, workloadNamedBy } from '../domain/workload-series.ts';
import type { ClusterReader, ServiceView, WorkloadView } from '../ports/cluster.ts';
import type { MeasuredCall } from './call-queries.ts';
import { parseServiceAddress } from './service-address.ts';

export type TopologyCluster = Pick<ClusterReader, 'workload' | 'workloads' | 'workloadOfPod' | 'services' | 'podsOf'>;
type Labels = Readonly<Record<string, string>>;

/** Both ends of calls, found in the cluster. Made anew for each look, so that what it remembers is of one moment. */
export interface CallEnds {
  /** Workloads that may be the caller; several where a service graph's name is in several namespaces. */
  callersOf(call: MeasuredCall, labels: Labels): readonly WorkloadView[];
  calleesOf(call: MeasuredCall, caller: WorkloadView): readonly CallNode[];
  /** What stands at an address as `namespace` writes it; null where no Service, pod or workload has it. */
  atAddress(address: string, namespace: string): readonly WorkloadView[] | null;
  /** The one workload that a caller means: what stands at the address, or, as a mesh or a trace says it, is called so itself. */
  workloadAt(address: string, namespace: string): WorkloadView | null;
}

const NAMED_KINDS: readonly Subject['kind'][] = ['Deployment', 'StatefulSet', 'DaemonSet'];

export function createCallEnds(cluster: TopologyCluster): CallEnds {
  const ofPlace = new Map<string, WorkloadView | null>();
  const onAddress = memo(() => addressesOf(cluster));
  const byName = memo(() => Map.groupBy(cluster.workloads(), (workload) => workload.subject.name));

  function callerAt(labels: Labels): WorkloadView | null {
    const place = placeOf(labels);
    if (place === null) {
      const named = workloadNamedBy(labels);
      return named === null ? null : cluster.workload(named);
    }
    const key = `${place.namespace}/${place.pod}`;
    const known = ofPlace.get(key);
    if (known !== undefined) return known;
    // A pod of an hour ago is gone from the cluster; its name still tells the workload.
    const found =
      cluster.workloadOfPod(place.namespace, place.pod) ??
      cluster.workloads(place.namespace).find((workload) => isSeriesOf(workload.subject, labels)) ??
      null;
    ofPlace.set(key, found);
    return found;
  }

  function callersOf({ from }: MeasuredCall, labels: Labels): readonly WorkloadView[] {
    if (from.by === 'place') return [callerAt(labels)].filter((it) => it !== null);
    if (from.namespace !== '') return workloadsNamed(cluster, from.namespace, from.name);
    return byName().get(from.name) ?? [];
  }

  function atAddress(address: string, namespace: string): readonly WorkloadView[] | null {
    const parsed = parseServiceAddress(address, namespace);
    if (parsed === null) return null;
    if (parsed.kind === 'ip') return onAddress().get(parsed.ip) ?? null;
    const services = cluster.services(parsed.namespace).filter((service) => service.name === parsed.name);
    if (services.length === 0) return null;
    return services.flatMap((service) => workloadsBehind(service, cluster));
  }

  function calleesOf({ to, kind }: MeasuredCall, caller: WorkloadView): readonly CallNode[] {
    const { namespace } = caller.subject;
    if (to.by === 'queue') return [{ id: `queue ${to.name}`, kind: 'queue', name: to.name, subject: null }];
    if (to.by === 'workload') {
      const found = workloadsNamed(cluster, to.namespace || namespace, to.name);
      if (found.length > 0 || to.namespace !== '') return found.map(workloadNode);
      const elsewhere = byName().get(to.name) ?? [];
      return elsewhere.length === 1 ? elsewhere.map(workloadNode) : [];
    }
    const found = atAddress(to.address, namespace);
    if (found !== null) return found.map(workloadNode);
    return [outsideNode(kind === 'database' ? 'database' : 'external', to.address)];
  }

  function workloadAt(address: string, namespace: string): WorkloadView | null {
    return (atAddress(address, namespace) ?? [])[0] ?? workloadsNamed(cluster, namespace, address)[0] ?? null;
  }

  return { callersOf, calleesOf, atAddress, workloadAt };
}

export function workloadNode({ subject }: Pick<WorkloadView, 'subject'>): CallNode {
  return { id: subjectName(subject), kind: 'workload', name: subject.name, subject };
}

/** Something that Kubernetes does not know, by its address without scheme, port and path. */
export function outsideNode(kind: 'database' | 'queue' | 'external', address: string): CallNode {
  const name =
    address
      .toLowerCase()
      .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
      .replace(/[/?#].*$/s, '')
      .replace(/:\d+$/, '')
      .slice(0, 253) || 'unknown';
  return { id: `${kind} ${name}`, kind, name, subject: null };
}

export function workloadsNamed(cluster: TopologyCluster, namespace: string, name: string): readonly WorkloadView[] {
  return NAMED_KINDS.flatMap((kind) => cluster.workload({ namespace, kind, name }) ?? []);
}

/** Workloads that the selector of a Service picks, by the labels of their pods; by their own selector while they have no pods. */
function workloadsBehind(service: ServiceView, cluster: TopologyCluster): readonly WorkloadView[] {
  const wanted = Object.entries(service.selector);
  // A Service without a selector has its endpoints from elsewhere: it picks nothing, not everything.
  if (wanted.length === 0) return [];
  const fits = (labels: Labels) => wanted.every(([key, value]) => labels[key] === value);
  return cluster.workloads(service.namespace).filter((workload) => {
    const pods = cluster.podsOf(workload.subject);
    return pods.length > 0 ? pods.some((pod) => fits(pod.labels)) : fits(workload.selector);
  });
}

function addressesOf(cluster: TopologyCluster): ReadonlyMap<string, readonly WorkloadView[]> {
  const found = new Map<string, readonly WorkloadView[]>();
  const workloads = cluster.workloads();
  for (const workload of workloads) {
    for (const { ip } of cluster.podsOf(workload.subject)) if (ip !== null) found.set(ip, [workload]);
  }
  for (const namespace of new Set(workloads.map((workload) => workload.subject.namespace))) {
    for (const service of cluster.services(namespace))
      if (service.clusterIp !== null) found.set(service.clusterIp, workloadsBehind(service, cluster));
  }
  return found;
}

function memo<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
