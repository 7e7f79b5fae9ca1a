import { escapeRegex, placeOf, promqlString } from '../../src/domain/workload-series.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { NodeView } from '../../src/ports/cluster-details.ts';
import { wholeSecond } from '../../src/workload-metrics/index.ts';

/** A pod and its workload. */
export interface Placed {
  readonly pod: PodView;
  readonly workload: WorkloadView;
}

export interface UsedByPod extends Placed {
  readonly cores: number;
}

export interface NodeCpu {
  readonly node: NodeView;
  readonly cores: number;
  /** Of what its pods may take, 0..1. */
  readonly share: number;
  readonly pods: readonly UsedByPod[];
}

/** A query stays readable for a server, and a node runs 110 pods by default. */
const MAX_PODS = 250;
/** A scrape interval of a minute still gives a rate; a longer window would call a node busy only minutes after its users suffer. */
const WINDOW = '2m';

/** Pods by the node that they run on, of every workload that is watched. */
export function podsByNode(
  cluster: Pick<ReadContext['cluster'], 'workloads' | 'podsOf'>,
): ReadonlyMap<string, readonly Placed[]> {
  const placed = cluster
    .workloads()
    .flatMap((workload) => cluster.podsOf(workload.subject).map((pod) => ({ pod, workload })))
    .filter(({ pod }) => pod.nodeName !== null && pod.phase !== 'Succeeded' && pod.phase !== 'Failed');
  return Map.groupBy(placed, ({ pod }) => pod.nodeName ?? '');
}

/** What the pods of some nodes use, in one query: cAdvisor, or OpenTelemetry's kubeletstats. Pods are placed by Kubernetes, not by a label. */
export async function readNodeCpu(
  nodes: readonly NodeView[],
  placed: ReadonlyMap<string, readonly Placed[]>,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<{ readonly nodes: readonly NodeCpu[]; readonly query: string } | null> {
  const pods = nodes.flatMap(({ name }) => placed.get(name) ?? []).slice(0, MAX_PODS);
  if (pods.length === 0) return null;
  const query = cpuQuery(pods.map(({ pod }) => pod));
  const answer = await ctx.metrics.instant(query, wholeSecond(ctx.now()));
  const used = new Map<string, number>();
  for (const { labels, value } of answer.series) {
    const place = placeOf(labels);
    if (place === null || !Number.isFinite(value)) continue;
    const key = `${place.namespace}/${place.pod}`;
    used.set(key, Math.max(used.get(key) ?? 0, value));
  }
  const told = nodes.flatMap((node): NodeCpu[] => {
    const cores = coresOf(node.allocatable.cpu ?? '');
    if (cores === null || cores <= 0) return [];
    const own = (placed.get(node.name) ?? []).flatMap((one): UsedByPod[] => {
      const value = used.get(`${one.pod.namespace}/${one.pod.name}`);
      return value === undefined ? [] : [{ ...one, cores: value }];
    });
    return [{ node, cores, share: own.reduce((sum, one) => sum + one.cores, 0) / cores, pods: own }];
  });
  return { nodes: told, query };
}

/** What two jobs scrape counts once. */
function cpuQuery(pods: readonly PodView[]): string {
  const names = promqlString([...new Set(pods.map(({ name }) => escapeRegex(name)))].join('|'));
  const rates = [
    ['namespace', 'pod'],
    ['exported_namespace', 'exported_pod'],
  ].map(([namespace, pod]) => {
    const used = `container_cpu_usage_seconds_total{container!="",container!="POD",${pod}=~${names}}`;
    return `sum by (${namespace}, ${pod}) (max by (${namespace}, ${pod}, container) (rate(${used}[${WINDOW}])))`;
  });
  const otel = `max by (k8s_namespace_name, k8s_pod_name) ({__name__=~"k8s[._]pod[._]cpu[._]usage",k8s_pod_name=~${names}})`;
  return [...rates, otel].join('\nor ');
}

/** `7910m`, `8`, `0.5`; null for anything else. */
function coresOf(quantity: string): number | null {
  const told = /^(\d{1,9}(?:\.\d{1,3})?)(m?)$/.exec(quantity);
  return told ? Number(told[1]) / (told[2] === 'm' ? 1000 : 1) : null;
}
