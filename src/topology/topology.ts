import type { CallGraph } from '../domain/call-graph.ts';
import type { TopologyReader } from '../plugin/context.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { MetricsReader } from '../ports/metrics.ts';
import { createCallEnds, type TopologyCluster, workloadsNamed } from './call-ends.ts';
import { callsQuery, measuredCall } from './call-queries.ts';
import { readCallGraph } from './read-call-graph.ts';

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
  readonly cluster: TopologyCluster;
  readonly metrics: Pick<MetricsReader, 'instant'>;
  now(): number;
  readonly calls?: readonly DeclaredCall[];
}

/** Most workloads returned: a caller of half the cluster says nothing about one incident. */
const MAX_CALLEES = 50;

/**
 * Who calls whom, from client, mesh and trace metrics and declared calls. `calleesOf` takes one query per hop, whatever the number of workloads; a
 * circle of calls ends where it began. A call counts while its counter is exported, also when it rests at this moment. Errors of the
 * metrics reader pass through `calleesOf`; `graph` says them as notices, for half a graph is better than none.
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
    const asked = new Set(callers.map((caller) => caller.subject.uid));
    const query = callsQuery({ callers: callers.map((caller) => caller.subject) });
    const answer = await options.metrics.instant(query, wholeSecond(options.now()));
    const ends = createCallEnds(cluster);
    const measured = answer.series.flatMap(({ labels }) => {
      const call = measuredCall(labels);
      // Whoever queries a database waits for it, but it is no service that has callees of its own.
      if (call?.kind !== 'request') return [];
      return ends
        .callersOf(call, labels)
        .filter((caller) => asked.has(caller.subject.uid))
        .flatMap((caller) => ends.calleesOf(call, caller));
    });
    const declared = (options.calls ?? [])
      .filter(({ from }) =>
        callers.some(({ subject }) => subject.namespace === from.namespace && subject.name === from.name),
      )
      .flatMap(({ to }) => workloadsNamed(cluster, to.namespace, to.name));
    return [...measured.flatMap(({ subject }) => (subject ? (cluster.workload(subject) ?? []) : [])), ...declared];
  }

  return {
    calleesOf,
    graph: (namespaces): Promise<CallGraph> => readCallGraph({ ...options, calls: options.calls ?? [] }, namespaces),
  };
}

/** Whole seconds, so that incidents of the same moment share one answer. */
function wholeSecond(now: number): number {
  return Math.floor(now / 1000) * 1000;
}

function byName(a: WorkloadView, b: WorkloadView): number {
  const [left, right] = [a, b].map(({ subject }) => `${subject.namespace}/${subject.name}/${subject.kind}`);
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
