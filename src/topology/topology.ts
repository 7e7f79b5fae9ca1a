import type { Subject } from '../domain/subject.ts';
import type { TopologyReader } from '../plugin/context.ts';
import type { ClusterReader, ServiceView, WorkloadView } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import type { Call } from './calls-query.ts';
import { callsOf, callsQuery } from './calls-query.ts';
import { parseServiceAddress } from './service-address.ts';

interface WorkloadName {
  readonly namespace: string;
  readonly name: string;
}

/** A call that the configuration declares, for where no metrics tell. */
export interface DeclaredCall {
  readonly from: WorkloadName;
  readonly to: WorkloadName;
}

export interface TopologyOptions {
  readonly cluster: Pick<ClusterReader, 'workload' | 'workloads' | 'services' | 'podsOf'>;
  readonly metrics: Pick<MetricsReader, 'instant'>;
  now(): number;
  readonly calls?: readonly DeclaredCall[];
}

/** Most workloads returned: a caller of half the cluster says nothing about one incident. */
const MAX_CALLEES = 50;

/**
 * Who calls whom, from client metrics and declared calls. One query per hop, whatever the number of workloads; a circle of calls ends where
 * it began. A call counts while its counter is exported, also when it rests at this moment. Errors of the metrics reader pass through.
 */
export function createTopology(options: TopologyOptions): TopologyReader {
  const { cluster } = options;

  async function calleesOf(workload: WorkloadView, depth: number): Promise<readonly WorkloadView[]> {
    const seen = new Set([workload.subject.uid]);
    const callees: WorkloadView[] = [];
    let frontier: readonly WorkloadView[] = [workload];
    for (let hop = 0; hop < depth && frontier.length > 0; hop++) {
      const next: WorkloadView[] = [];
      for (const callee of await nextHop(frontier)) {
        if (seen.has(callee.subject.uid)) continue;
        seen.add(callee.subject.uid);
        next.push(callee);
      }
      callees.push(...next.sort(byName));
      if (callees.length >= MAX_CALLEES) return callees.slice(0, MAX_CALLEES);
      frontier = next;
    }
    return callees;
  }

  async function nextHop(callers: readonly WorkloadView[]): Promise<readonly WorkloadView[]> {
    const subjects = callers.map((caller) => caller.subject);
    const answer = await options.metrics.instant(callsQuery(subjects), Math.floor(options.now() / 1000) * 1000);
    const measured = answer.series
      .flatMap((series) => callsOf(series.labels, subjects))
      .flatMap((call) => calleesBy(call, cluster));
    const declared = (options.calls ?? [])
      .filter((call) =>
        subjects.some((subject) => subject.namespace === call.from.namespace && subject.name === call.from.name),
      )
      .flatMap((call) => workloadsNamed(call.to, cluster));
    return [...measured, ...declared];
  }

  return { calleesOf };
}

type Cluster = TopologyOptions['cluster'];

function calleesBy(call: Call, cluster: Cluster): readonly WorkloadView[] {
  if (call.by === 'workload') return workloadsNamed(call, cluster);
  const address = parseServiceAddress(call.address, call.from.namespace);
  if (address === null) return [];
  return servicesAt(address, cluster).flatMap((service) => workloadsBehind(service, cluster));
}

function servicesAt(
  address: NonNullable<ReturnType<typeof parseServiceAddress>>,
  cluster: Cluster,
): readonly ServiceView[] {
  if (address.kind === 'name')
    return cluster.services(address.namespace).filter((service) => service.name === address.name);
  const namespaces = new Set(cluster.workloads().map((workload) => workload.subject.namespace));
  return [...namespaces].flatMap((namespace) =>
    cluster.services(namespace).filter((service) => service.clusterIp === address.ip),
  );
}

/** Workloads that the selector of a Service picks, by the labels of their pods; by their own selector while they have no pods. */
function workloadsBehind(service: ServiceView, cluster: Cluster): readonly WorkloadView[] {
  const wanted = Object.entries(service.selector);
  // A Service without a selector has its endpoints from elsewhere: it picks nothing, not everything.
  if (wanted.length === 0) return [];
  const fits = (labels: Readonly<Record<string, string>>) => wanted.every(([key, value]) => labels[key] === value);
  return cluster.workloads(service.namespace).filter((workload) => {
    const pods = cluster.podsOf(workload.subject);
    return pods.length > 0 ? pods.some((pod) => fits(pod.labels)) : fits(workload.selector);
  });
}

const NAMED_KINDS: readonly Subject['kind'][] = ['Deployment', 'StatefulSet', 'DaemonSet'];

function workloadsNamed({ namespace, name }: WorkloadName, cluster: Cluster): readonly WorkloadView[] {
  return NAMED_KINDS.flatMap((kind) => cluster.workload({ namespace, kind, name }) ?? []);
}

function byName(a: WorkloadView, b: WorkloadView): number {
  const [left, right] = [a, b].map(({ subject }) => `${subject.namespace}/${subject.name}/${subject.kind}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
