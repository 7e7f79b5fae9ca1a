import type { Surroundings } from '../../diagnosis/index.ts';
import type { CallGraph } from '../../domain/call-graph.ts';
import { isHaleError } from '../../domain/errors.ts';
import type { Subject } from '../../domain/subject.ts';
import type { RangeSeries } from '../../ports/metrics.ts';
import type { Reading } from '../reading.ts';
import { requestIndicators, resourceIndicators } from './indicators.ts';
import { requestsQuery, resourcesQuery } from './queries.ts';

const STEP_MS = 30_000;
const PAST_MS = 60 * 60_000;
/** However old the incident is, what it began with is not looked for further back. */
const MAX_AGE_MS = 60 * 60_000;
/** Rates look back by one step: the moment before the incident already contains some of it. */
const BEFORE_MS = 60_000;
/** Most workloads whose series are read: a caller of half the cluster says nothing about one incident. */
const MAX_WORKLOADS = 20;

/**
 * Who the workload calls, and the indicators of all of them, in two queries beyond those of the graph. What cannot be read is left out: the
 * surroundings help to rank, and nothing is acted upon for want of them.
 */
export async function readSurroundings(
  subject: Subject,
  since: number,
  reading: Pick<Reading, 'now' | 'topology' | 'metrics' | 'keep'>,
): Promise<Surroundings> {
  const now = Math.floor(reading.now() / 1000) * 1000;
  const from = Math.max(since, now - MAX_AGE_MS) - BEFORE_MS;
  const graph = await orNull(() => reading.topology.graph([subject.namespace]));
  if (graph !== null && graph.edges.length > 0) {
    const title = `who calls whom in ${subject.namespace}: ${graph.edges.length} calls`;
    reading.keep({
      kind: 'call-graph',
      source: 'topology',
      title,
      query: `calls of ${subject.namespace}`,
      body: graph,
    });
  }
  const subjects = withCallees(subject, graph);
  const range = async (query: string) => {
    const steps = Math.ceil((now - from + PAST_MS) / STEP_MS) * STEP_MS;
    const answer = await orNull(() => reading.metrics.range(query, now - steps, now, STEP_MS));
    return { series: answer?.series ?? [], evidence: reading.metrics.evidenceOf(query) ?? '' };
  };
  const [requests, resources] = await Promise.all([range(requestsQuery(subjects)), range(resourcesQuery(subjects))]);
  const read = (answer: { series: readonly RangeSeries[]; evidence: string }, of: typeof requestIndicators) =>
    subjects.map((one) => of(one, answer.series, answer.evidence));
  const [served, used] = [read(requests, requestIndicators), read(resources, resourceIndicators)];
  const indicators = subjects
    .map((one, index) => ({ subject: one, series: [...(served[index] ?? []), ...(used[index] ?? [])] }))
    .filter(({ series }) => series.length > 0);
  return { subject, graph, indicators, window: { from, to: now } };
}

/** The workload and everything that it calls, directly or not, nearest first. */
function withCallees(subject: Subject, graph: CallGraph | null): readonly Subject[] {
  const found = new Map([[subject.uid, subject]]);
  const byId = new Map((graph?.nodes ?? []).map((node) => [node.id, node.subject]));
  for (const uid of found.keys()) {
    for (const edge of graph?.edges ?? []) {
      const callee = byId.get(edge.to);
      if (byId.get(edge.from)?.uid !== uid || !callee || found.has(callee.uid)) continue;
      found.set(callee.uid, callee);
    }
    if (found.size >= MAX_WORKLOADS) break;
  }
  return [...found.values()].slice(0, MAX_WORKLOADS);
}

async function orNull<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!isHaleError(error)) throw error;
    return null;
  }
}
