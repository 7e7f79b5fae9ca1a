import type { CallGraph } from '../domain/call-graph.ts';
import type { Finding } from '../domain/finding.ts';
import { type Subject, subjectName } from '../domain/subject.ts';
import type { Window } from '../series/deviation.ts';
import type { IndicatorSeries, NodeChange, Ranking, Symptom } from './ranking/model.ts';
import { rankSuspects } from './ranking/rank-suspects.ts';

/** What is known around an incident besides the findings: any of it may be missing. */
export interface Surroundings {
  /** The incident's own workload: where users feel it. */
  readonly subject: Subject | null;
  readonly graph: CallGraph | null;
  readonly indicators: readonly { readonly subject: Subject; readonly series: readonly IndicatorSeries[] }[];
  /** From when users felt it until now; what is before is the past. */
  readonly window: Window;
}

export const NOTHING_KNOWN: Surroundings = {
  subject: null,
  graph: null,
  indicators: [],
  window: { from: 0, to: 0 },
};

/** Subjects by the ids under which they are ranked, and who calls whom among them. */
export interface CallMap {
  readonly subjects: ReadonlyMap<string, Subject>;
  readonly calls: readonly { readonly caller: string; readonly callee: string }[];
}

/** Nodes of the graph that Kubernetes does not know are ranked under their own id; they have no series of their own. */
export function callMapOf({ graph, indicators, subject }: Surroundings): CallMap {
  const subjects = new Map<string, Subject>();
  if (subject) subjects.set(subject.uid, subject);
  for (const one of indicators) subjects.set(one.subject.uid, one.subject);
  const ids = new Map<string, string>();
  for (const node of graph?.nodes ?? []) {
    ids.set(node.id, node.subject?.uid ?? node.id);
    if (node.subject) subjects.set(node.subject.uid, node.subject);
  }
  const calls = (graph?.edges ?? []).flatMap(({ from, to }) => {
    const [caller, callee] = [ids.get(from), ids.get(to)];
    return caller === undefined || callee === undefined ? [] : [{ caller, callee }];
  });
  return { subjects, calls };
}

/** The ranking of all workloads that anything is known of; null where no series was read. */
export function rankingOf(
  around: Surroundings,
  indicator: Symptom['indicator'],
  findings: readonly Finding[],
): Ranking | null {
  if (around.indicators.length === 0) return null;
  const { calls, subjects } = callMapOf(around);
  const series = new Map(around.indicators.map((one) => [one.subject.uid, one.series]));
  return rankSuspects({
    nodes: [...subjects.keys()].map((id) => ({ id, series: series.get(id) ?? [] })),
    edges: calls,
    symptom: around.subject === null ? null : { node: around.subject.uid, indicator },
    window: around.window,
    changes: changesOf(findings),
  });
}

/** What the detectors saw change, by the workload that it changed. */
function changesOf(findings: readonly Finding[]): readonly NodeChange[] {
  return findings.flatMap(({ subject, change }) =>
    change === undefined || change.at === null ? [] : [{ node: subject.uid, at: change.at, what: change.what }],
  );
}

/** Shortest way of calls from one to another, both included; null = none is known. */
export function wayOfCalls(calls: CallMap['calls'], from: string, to: string): readonly string[] | null {
  const came = new Map<string, string | null>([[from, null]]);
  for (const id of came.keys())
    for (const { caller, callee } of calls) if (caller === id && !came.has(callee)) came.set(callee, id);
  if (!came.has(to)) return null;
  const way: string[] = [];
  for (let at: string | null = to; at !== null; at = came.get(at) ?? null) way.unshift(at);
  return way;
}

export function shortName(subject: Pick<Subject, 'kind' | 'namespace' | 'name'> | undefined): string {
  return subject === undefined ? 'something outside of the cluster' : subjectName(subject);
}
