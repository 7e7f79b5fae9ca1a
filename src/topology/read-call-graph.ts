import type { CallEdge, CallGraph, CallKind, CallNode, CallSource } from '../domain/call-graph.ts';
import { isHaleError } from '../domain/errors.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { InstantSample, MetricsReader } from '../ports/metrics.ts';
import {
  type CallEnds,
  createCallEnds,
  outsideNode,
  type TopologyCluster,
  workloadNode,
  workloadsNamed,
} from './call-ends.ts';
import { callsQuery, measuredCall } from './call-queries.ts';
import { configuredCalls } from './environment-calls.ts';
import type { DeclaredCall } from './topology.ts';

interface GraphOptions {
  readonly cluster: TopologyCluster;
  readonly metrics: Pick<MetricsReader, 'instant'>;
  now(): number;
  readonly calls: readonly DeclaredCall[];
}

const AGO = '1h';
/** More is cut and said: nobody reads it, and it has to fit into evidence. */
const MAX_EDGES = 5_000;

type Moment = 'now' | 'hour-ago' | 'configured';

/** The graph of some namespaces' calls, or of all; two queries whatever its size. Never throws for want of metrics: it says so. */
export async function readCallGraph(options: GraphOptions, namespaces?: readonly string[]): Promise<CallGraph> {
  const { cluster } = options;
  const at = Math.floor(options.now() / 1000) * 1000;
  const notices: string[] = [];
  const edges = new Map<string, Draft>();
  const nodes = new Map<string, CallNode>();
  const ends = createCallEnds(cluster);
  const inScope = (namespace: string) => namespaces === undefined || namespaces.includes(namespace);

  function add(from: CallNode, to: CallNode, kind: CallKind, source: CallSource, moment: Moment): void {
    if (from.id === to.id) return;
    nodes.set(from.id, from);
    nodes.set(to.id, to);
    const key = `${from.id}\n${to.id}\n${kind}`;
    const draft = edges.get(key) ?? { from: from.id, to: to.id, kind, sources: new Set(), moments: new Set() };
    draft.sources.add(source);
    draft.moments.add(moment);
    edges.set(key, draft);
  }

  const scope = namespaces === undefined ? 'everything' : { namespaces };
  const [now, before] = await Promise.all([
    read(options, callsQuery(scope), at, notices),
    read(options, callsQuery(scope, AGO), at, notices),
  ]);
  for (const [series, moment] of [
    [now, 'now'],
    [before, 'hour-ago'],
  ] as const) {
    for (const { labels } of series ?? []) {
      const call = measuredCall(labels);
      if (call === null) continue;
      for (const caller of ends.callersOf(call, labels).filter(({ subject }) => inScope(subject.namespace)))
        for (const callee of ends.calleesOf(call, caller))
          add(workloadNode(caller), callee, call.kind, call.source, moment);
    }
  }
  for (const workload of cluster.workloads().filter(({ subject }) => inScope(subject.namespace)))
    for (const { to, kind } of environmentOf(workload, ends))
      add(workloadNode(workload), to, kind, 'environment', 'configured');
  for (const { from, to } of options.calls.filter((call) => inScope(call.from.namespace)))
    for (const caller of workloadsNamed(cluster, from.namespace, from.name))
      for (const callee of workloadsNamed(cluster, to.namespace, to.name))
        add(workloadNode(caller), workloadNode(callee), 'request', 'catalogue', 'configured');

  const all = [...edges.values()].map((draft) => finished(draft, before !== null)).toSorted(byEnds);
  if (all.length > MAX_EDGES) notices.push(`${all.length} calls are known; the first ${MAX_EDGES} are kept`);
  const kept = all.slice(0, MAX_EDGES);
  const used = new Set(kept.flatMap(({ from, to }) => [from, to]));
  return { at, nodes: [...nodes.values()].filter(({ id }) => used.has(id)).toSorted(byId), edges: kept, notices };
}

interface Draft {
  readonly from: string;
  readonly to: string;
  readonly kind: CallKind;
  readonly sources: Set<CallSource>;
  readonly moments: Set<Moment>;
}

/** An answer of no series at all an hour ago may be a server without that much memory: then nobody can tell what is new. */
function finished({ from, to, kind, sources, moments }: Draft, pastIsKnown: boolean): CallEdge {
  const measured = moments.has('now') || moments.has('hour-ago');
  const hourAgo = measured && pastIsKnown ? moments.has('hour-ago') : null;
  return { from, to, kind, sources: [...sources].toSorted(), live: moments.has('now'), hourAgo };
}

/** Null where the server could not be asked, or has nothing that far back. */
async function read(
  { metrics }: GraphOptions,
  query: string,
  at: number,
  notices: string[],
): Promise<readonly InstantSample[] | null> {
  try {
    const { series, warnings } = await metrics.instant(query, at);
    notices.push(...warnings);
    return series.length > 0 ? series : null;
  } catch (error) {
    if (!isHaleError(error)) throw error;
    notices.push(`metrics could not be read, calls are missing: ${error.message}`);
    return null;
  }
}

function environmentOf(workload: WorkloadView, ends: CallEnds): readonly { to: CallNode; kind: CallKind }[] {
  return configuredCalls(workload).flatMap(({ kind, host, product }) => {
    const found = ends.atAddress(host, workload.subject.namespace);
    if (found !== null) return found.map((callee) => ({ to: workloadNode(callee), kind }));
    // A bare word that is no Service may be anything; a scheme or a domain makes it an address.
    if (product === '' && !host.includes('.')) return [];
    return [{ to: outsideNode(kind === 'request' ? 'external' : kind, host), kind }];
  });
}

function byEnds(a: CallEdge, b: CallEdge): number {
  return a.from.localeCompare(b.from) || a.to.localeCompare(b.to) || a.kind.localeCompare(b.kind);
}

function byId(a: CallNode, b: CallNode): number {
  return a.id.localeCompare(b.id);
}
