import { changeClues, cluesOf } from './clues.ts';
import { type Flow, flowFrom } from './flow.ts';
import type { Clue, Ranking, RankingInput, Role, Suspect } from './model.ts';
import { type NodeReading, readNodes } from './reading.ts';

/** What a node without any way to where users feel it loses, as a logarithm: a bystander, unless the graph is wrong. */
const UNREACHED = Math.log(0.1);
/** A node that nothing can be read of: better than nothing speaking for it, worse than anything. */
const NOTHING = -10;
/** The belief before any reading that the cause is none of the nodes, in the currency of scores: what has to be beaten to be named. */
const NONE_SCORE = -1;
/** What the heaviest clue of another kind adds: two kinds of readings of one fault are related, and still agree rarely by chance. */
const CORROBORATION = 0.25;
/** Clues from here on make a node unusual. */
const UNUSUAL = 0;
/** From this share on, what a node calls explains it. */
const EXPLAINED = 0.5;

/**
 * Ranks the nodes by how likely what users feel begins there. Pure; one configuration for everything. For each node the heaviest clue speaks,
 * another kind corroborates it, a change shortly before adds to it, and being out of reach takes from it.
 * Beliefs are the posterior under even priors, with "none of these" as one more hypothesis.
 */
export function rankSuspects(input: RankingInput): Ranking {
  const readings = readNodes(input);
  const flow = flowFrom(input, readings);
  const suspects = [...readings.values()]
    .map((reading) => suspectOf(reading, flow, input))
    .sort((a, b) => b.score - a.score);
  const top = Math.max(NONE_SCORE, suspects[0]?.score ?? NONE_SCORE);
  const masses = suspects.map(({ score }) => Math.exp(score - top));
  const none = Math.exp(NONE_SCORE - top);
  const total = masses.reduce((sum, mass) => sum + mass, none);
  const beliefs = suspects.map((suspect, index) => ({ ...suspect, belief: (masses[index] ?? 0) / total }));
  return { suspects: beliefs, none: none / total };
}

/** The suspects that are more likely than that it is none of them; empty = nothing that can be seen explains it. */
export function namedSuspects({ suspects, none }: Ranking): readonly Suspect[] {
  return suspects.filter(({ belief }) => belief > none);
}

function suspectOf(reading: NodeReading, flow: Flow, input: RankingInput): Omit<Suspect, 'belief'> {
  const clues = cluesOf(reading, flow.shareOf(reading.id));
  const changes = changeClues(input.changes ?? [], reading.id, input.window.from);
  const [first] = clues;
  const best = first?.weight ?? NOTHING;
  const second = Math.max(0, clues.find(({ kind }) => kind !== first?.kind)?.weight ?? 0);
  const change = Math.max(0, ...changes.map(({ weight }) => weight));
  const reached = flow.reaches(reading.id);
  const score = best + CORROBORATION * second + (best > UNUSUAL ? change : 0) + (reached ? 0 : UNREACHED);
  return {
    node: reading.id,
    score,
    role: roleOf(reading, clues, flow),
    clues: [...clues, ...changes].sort((a, b) => b.weight - a.weight),
    path: flow.pathTo(reading.id),
  };
}

function roleOf(reading: NodeReading, clues: readonly Clue[], flow: Flow): Role {
  const [first] = clues;
  const slow = [...reading.by].some(
    ([indicator, [read]]) => (indicator === 'latency' || indicator === 'errors') && (read?.spreads ?? 0) > 4,
  );
  if (slow && flow.explainedOf(reading.id) >= EXPLAINED && (first?.kind === 'waiting' || first?.kind === 'errors'))
    return 'waits';
  if (first === undefined || first.weight <= UNUSUAL) return slow ? 'waits' : 'well';
  return flow.reaches(reading.id) && first.kind !== 'traffic' ? 'cause' : 'bystander';
}
