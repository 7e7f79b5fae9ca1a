import type { Indicator, RankingInput } from './model.ts';
import { excessOf, type NodeReading } from './reading.ts';

/** Where waiting comes from. */
export interface Flow {
  /** Share of what users feel that begins at a node; where nobody says where users feel it, the share of its own that nothing explains. */
  shareOf(id: string): number;
  /** Share of the node's own excess that its callees explain. */
  explainedOf(id: string): number;
  /** Whether a way of waiting leads from the symptom, or from a node that nobody calls, to this one; true for all without any edges. */
  reaches(id: string): boolean;
  pathTo(id: string): readonly string[];
}

/** Longest way that is followed; in a circle what still moves after so many calls stays where it is. */
const MAX_HOPS = 32;

/**
 * Follows waiting (or failures) from where users feel it. At each node, what its callees show in excess explains the node's own as far as the
 * amounts go and moves on to them in proportion; the rest begins at the node. An amount is excess per request times requests: a callee that
 * takes 40 ms more, three times a request, explains 120 ms of its caller.
 */
export function flowFrom(input: RankingInput, readings: ReadonlyMap<string, NodeReading>): Flow {
  const calls = calleesBy(input, readings);
  const indicator: Indicator = input.symptom?.indicator ?? 'latency';
  const excess = new Map([...readings.values()].map((node) => [node.id, excessOf(node, indicator)]));
  const isMeasured = (id: string) => readings.get(id)?.first.has(indicator) ?? false;
  const moves = new Map(
    [...calls.keys()].map((id) => [id, movesOf(excess.get(id) ?? 0, measuredCallees(id, calls, isMeasured), excess)]),
  );
  const start = input.symptom && readings.has(input.symptom.node) ? input.symptom.node : null;
  const shares = start === null ? null : spread(start, moves);
  const explained = (id: string) => (moves.get(id) ?? []).reduce((sum, [, part]) => sum + part, 0);
  const came = search(start === null ? entriesOf(calls) : [start], calls);
  return {
    shareOf: (id) => (shares === null ? Math.max(0, 1 - explained(id)) : (shares.get(id) ?? 0)),
    explainedOf: explained,
    reaches: (id) => calls.size === 0 || came.has(id),
    pathTo: (id) => (start === null ? [] : pathBack(id, came)),
  };
}

type Calls = ReadonlyMap<string, ReadonlySet<string>>;
type Moves = ReadonlyMap<string, readonly (readonly [callee: string, part: number])[]>;

function calleesBy(input: RankingInput, readings: ReadonlyMap<string, unknown>): Calls {
  const calls = new Map<string, Set<string>>();
  for (const { caller, callee } of input.edges) {
    if (caller === callee || !readings.has(caller) || !readings.has(callee)) continue;
    calls.set(caller, (calls.get(caller) ?? new Set()).add(callee));
  }
  return calls;
}

/** Through callees of which nothing is measured the waiting is followed to what they call. */
function measuredCallees(id: string, calls: Calls, isMeasured: (id: string) => boolean): ReadonlySet<string> {
  const found = new Set<string>();
  const seen = new Set([id]);
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const callee of calls.get(at) ?? []) {
      if (seen.has(callee)) continue;
      seen.add(callee);
      if (isMeasured(callee)) found.add(callee);
      else open.push(callee);
    }
  return found;
}

/** Callees together explain all of it at most; where the node itself shows nothing they take all: it may be measured badly. */
function movesOf(own: number, callees: ReadonlySet<string>, excess: ReadonlyMap<string, number>) {
  const parts = [...callees].map((callee) => [callee, excess.get(callee) ?? 0] as const).filter(([, part]) => part > 0);
  const whole = Math.max(
    own,
    parts.reduce((sum, [, part]) => sum + part, 0),
  );
  return parts.map(([callee, part]) => [callee, part / whole] as const);
}

function spread(start: string, moves: Moves): ReadonlyMap<string, number> {
  const shares = new Map<string, number>();
  let moving = new Map([[start, 1]]);
  for (let hop = 0; hop <= MAX_HOPS && moving.size > 0; hop++) {
    const next = new Map<string, number>();
    for (const [id, mass] of moving) {
      const onward = hop === MAX_HOPS ? [] : (moves.get(id) ?? []);
      const leaves = onward.reduce((sum, [, part]) => sum + part, 0);
      for (const [callee, part] of onward) next.set(callee, (next.get(callee) ?? 0) + mass * part);
      shares.set(id, (shares.get(id) ?? 0) + mass * Math.max(0, 1 - leaves));
    }
    moving = next;
  }
  return shares;
}

/** Where nobody says where users feel it, they come in where nobody calls. */
function entriesOf(calls: Calls): string[] {
  const called = new Set([...calls.values()].flatMap((callees) => [...callees]));
  const entries = [...calls.keys()].filter((id) => !called.has(id));
  return entries.length > 0 ? entries : [...calls.keys()];
}

/** Breadth first: each node with the one that it was reached from. */
function search(starts: readonly string[], calls: Calls): ReadonlyMap<string, string | null> {
  const came = new Map<string, string | null>(starts.map((start) => [start, null]));
  for (const id of came.keys()) for (const callee of calls.get(id) ?? []) if (!came.has(callee)) came.set(callee, id);
  return came;
}

function pathBack(id: string, came: ReadonlyMap<string, string | null>): string[] {
  const path: string[] = [];
  for (let at = came.has(id) ? id : null; at !== null; at = came.get(at) ?? null) path.unshift(at);
  return path;
}
