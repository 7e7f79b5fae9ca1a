import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import { createCallEnds } from '../../src/topology/index.ts';
import {
  type CallsTo,
  medianOf,
  type Points,
  readCalls,
  readServedTime,
  valuesWithin,
  wholeSecond,
} from '../../src/workload-metrics/index.ts';
import type { Hop, Wait } from './schema.ts';

const RECENT_MS = 120_000;
/** Rates look back two minutes: the moments just before the trouble began already hold some of it. */
const RATE_MS = 120_000;
const HISTORY_MS = 40 * 60_000;

export interface MeasuredHop {
  readonly hop: Hop;
  readonly queries: readonly string[];
  /** The workload behind each wait, by its `to`; missing for what Kubernetes does not know. */
  readonly callees: ReadonlyMap<string, WorkloadView>;
}

interface Windows {
  readonly at: number;
  readonly sinceMs: number;
}

/** Mean over a window: the time of all requests through their number, both as medians, so that one odd scrape decides nothing. */
function pairOf(
  numerator: Points,
  denominator: Points,
  { at, sinceMs }: Windows,
): { now: number | null; before: number | null } {
  const over = (from: number, to: number): number | null => {
    const time = medianOf(valuesWithin(numerator, from, to));
    const count = medianOf(valuesWithin(denominator, from, to));
    return time === null || count === null || count <= 0 ? null : time / count;
  };
  return { now: over(at - RECENT_MS, at), before: over(at - HISTORY_MS, at - sinceMs - RATE_MS) };
}

/** Where the time of one workload's requests goes, now and before. Five queries at most. */
export async function measureHop(workload: WorkloadView, sinceMinutes: number, ctx: ReadContext): Promise<MeasuredHop> {
  const { subject } = workload;
  const windows = { at: wholeSecond(ctx.now()), sinceMs: sinceMinutes * 60_000 };
  const served = await readServedTime(subject, ctx);
  const calls = await readCalls(subject, ctx);
  const requests: Points = served?.requests ?? new Map();
  const own = served === null ? { now: null, before: null } : pairOf(served.seconds, requests, windows);
  const ends = createCallEnds(ctx.cluster);
  const callees = new Map<string, WorkloadView>();
  const waits = calls.calls
    .map((one): Wait => {
      const callee = ends.workloadAt(one.address, subject.namespace);
      const to = callee === null ? one.address : subjectName(callee.subject);
      if (callee !== null && callee.subject.uid !== subject.uid) callees.set(to, callee);
      return { to, ...waitFor(one, requests, windows) };
    })
    .filter((wait) => (wait.now ?? 0) > 0 || (wait.before ?? 0) > 0);
  const hop: Hop = {
    workload: subjectName(subject),
    requestsPerS: medianOf(valuesWithin(requests, windows.at - RECENT_MS, windows.at)),
    ...own,
    insideNow: inside(
      own.now,
      waits.map((wait) => wait.now),
    ),
    insideBefore: inside(
      own.before,
      waits.map((wait) => wait.before),
    ),
    waits: waits.toSorted((a, b) => (b.now ?? 0) - (a.now ?? 0)),
  };
  return { hop, callees, queries: [...(served?.queries ?? []), ...calls.queries] };
}

function waitFor(calls: CallsTo, requests: Points, windows: Windows): Omit<Wait, 'to'> {
  const perRequest = pairOf(calls.seconds, requests, windows);
  return {
    ...perRequest,
    callsPerRequest: pairOf(calls.total, requests, windows).now,
    perCallNow: pairOf(calls.seconds, calls.total, windows).now,
  };
}

function inside(total: number | null, waits: readonly (number | null)[]): number | null {
  return total === null ? null : Math.max(0, total - waits.reduce<number>((sum, wait) => sum + (wait ?? 0), 0));
}
