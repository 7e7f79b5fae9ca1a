import { HaleError } from '../domain/errors.ts';
import type { Evidence, EvidenceKind } from '../domain/evidence.ts';
import type { ReadContext, RecordedMetrics } from '../plugin/context.ts';
import type { InstantSample, MetricsAnswer, RangeSeries } from '../ports/metrics.ts';
import type { WorkflowDeps } from './deps.ts';
import { recordLogs } from './recorded-logs.ts';

/** Most bytes of JSON that one piece of evidence keeps. */
export const MAX_EVIDENCE_BYTES = 32_768;
/** Most pieces of evidence that one tick keeps. */
const MAX_EVIDENCE_PER_TICK = 128;
/** Answers to the same query at nearly the same moment are shared between incidents. */
const SHARED_FOR_MS = 2_000;

/** A ReadContext that remembers what was read. */
export interface Reading extends ReadContext {
  /** What was read so far, for the commit of this tick. */
  evidence(): readonly Evidence[];
}

type Answer = MetricsAnswer<InstantSample> | MetricsAnswer<RangeSeries>;
interface Shared {
  readonly at: number;
  readonly answer: Promise<Answer>;
}

/** Answers shared by all incidents, and the queries that each has spent in the current minute. */
export interface ReadingPool {
  readonly shared: Map<string, Shared>;
  readonly spent: Map<string, { minute: number; queries: number }>;
}

export function createReadingPool(): ReadingPool {
  return { shared: new Map(), spent: new Map() };
}

type ReadingDeps = Pick<
  WorkflowDeps,
  'metrics' | 'cluster' | 'topology' | 'logs' | 'redact' | 'newId' | 'queriesPerMinute'
>;

/** Opens the readers of one tick of one incident. `now` stays the same through the tick. */
export function openReading(
  deps: ReadingDeps,
  pool: ReadingPool,
  incidentId: string,
  now: number,
  signal: AbortSignal,
): Reading {
  const kept: Evidence[] = [];
  const newest = new Map<string, string>();

  function keep(item: {
    kind: EvidenceKind;
    source: string;
    title: string;
    query: string;
    body: unknown;
    from?: number;
    to?: number;
  }): string {
    const id = deps.newId();
    if (kept.length >= MAX_EVIDENCE_PER_TICK) return id;
    const { body, truncated } = capped(deps.redact.json(item.body));
    const { from = now, to = now } = item;
    kept.push({
      id,
      incidentId,
      kind: item.kind,
      source: item.source,
      title: item.title,
      query: item.query,
      from,
      to,
      at: now,
      body,
      truncated,
    });
    return id;
  }

  async function recorded<T extends Answer>(
    kind: EvidenceKind,
    query: string,
    from: number,
    to: number,
    ask: () => Promise<T>,
  ): Promise<T> {
    const key = `${kind}|${Math.floor(to / SHARED_FOR_MS)}|${to - from}|${query}`;
    const answer = await shareAnswer(deps, pool, incidentId, now, key, ask);
    if (!newest.has(query))
      newest.set(query, keep({ kind, source: 'prometheus', title: titleOf(answer), query, body: answer, from, to }));
    return answer as T;
  }

  const metrics: RecordedMetrics = {
    instant: (query, at, options) =>
      recorded('metric-instant', query, at, at, () => deps.metrics.instant(query, at, { signal, ...options })),
    range: (query, from, to, stepMs, options) =>
      recorded('metric-range', query, from, to, () =>
        deps.metrics.range(query, from, to, stepMs, { signal, ...options }),
      ),
    evidenceOf: (query) => newest.get(query) ?? null,
  };
  return {
    now: () => now,
    signal,
    metrics,
    cluster: deps.cluster,
    topology: deps.topology(metrics, () => now),
    logs: recordLogs(deps.logs, now, keep),
    keep,
    newId: deps.newId,
    evidence: () => kept,
  };
}

async function shareAnswer(
  deps: ReadingDeps,
  pool: ReadingPool,
  incidentId: string,
  now: number,
  key: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const shared = pool.shared.get(key);
  if (shared && now - shared.at < SHARED_FOR_MS) return shared.answer;
  spend(pool, incidentId, now, deps.queriesPerMinute);
  const answer = ask();
  pool.shared.set(key, { at: now, answer });
  if (pool.shared.size > 500) forgetOld(pool, now);
  // A failure is not shared: the next one asks again.
  answer.catch(() => pool.shared.delete(key));
  return answer;
}

function spend(pool: ReadingPool, incidentId: string, now: number, limit: number): void {
  const minute = Math.floor(now / 60_000);
  const spent = pool.spent.get(incidentId);
  const queries = spent?.minute === minute ? spent.queries + 1 : 1;
  if (queries > limit) {
    throw new HaleError(
      'query-budget-exhausted',
      `the incident has spent its ${limit} queries of this minute; raise prometheus.queriesPerIncidentPerMinute if Prometheus can bear it`,
    );
  }
  pool.spent.set(incidentId, { minute, queries });
}

function forgetOld(pool: ReadingPool, now: number): void {
  for (const [key, shared] of pool.shared) if (now - shared.at >= SHARED_FOR_MS) pool.shared.delete(key);
  const minute = Math.floor(now / 60_000);
  for (const [key, spent] of pool.spent) if (spent.minute < minute) pool.spent.delete(key);
}

function titleOf(answer: Answer): string {
  const series = `${answer.series.length} series`;
  return answer.warnings.length > 0 ? `${series}, with warnings: ${answer.warnings.join('; ')}` : series;
}

function capped(body: unknown): { body: unknown; truncated: boolean } {
  const text = JSON.stringify(body) ?? 'null';
  if (text.length <= MAX_EVIDENCE_BYTES) return { body, truncated: false };
  return { body: `${text.slice(0, MAX_EVIDENCE_BYTES)} ... cut, ${text.length} characters in all`, truncated: true };
}
