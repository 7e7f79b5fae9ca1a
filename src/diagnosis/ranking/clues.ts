import { likelihoodRatio, softened } from './likelihood.ts';
import type { Clue, ClueKind, Indicator, NodeChange } from './model.ts';
import type { NodeReading, Read, Way } from './reading.ts';

const KIND: Readonly<Record<Indicator, ClueKind>> = {
  latency: 'waiting',
  errors: 'errors',
  traffic: 'traffic',
  cpu: 'resource',
  memory: 'resource',
  disk: 'resource',
  saturation: 'resource',
  network: 'traffic',
  other: 'other',
};

/**
 * What each kind of clue is worth. `prior`: how readily it is the beginning and not a consequence, as a logarithm. `knee`: how much of its size
 * counts in full. An exhausted resource is where things begin, and its size tells. Waiting and errors spread to whoever waits: their size
 * says little about where they began. Traffic follows whatever happens.
 */
const WORTH: Readonly<Record<Exclude<ClueKind, 'change'>, { readonly prior: number; readonly knee: number }>> = {
  resource: { prior: 0, knee: 12 },
  network: { prior: 0, knee: 6 },
  waiting: { prior: -1, knee: 4 },
  errors: { prior: -1, knee: 4 },
  other: { prior: -2, knee: 12 },
  traffic: { prior: -3, knee: 2 },
};

/** A part of waiting that has no known way to a node: graphs are incomplete and wrong. */
const UNCONNECTED_SHARE = 0.02;
/** So many readings of one thing (mean, p50, p95) have to agree in two at least: one alone is noise. */
const AGREEMENT_OF = 3;
const CHANGE_WEIGHT = 2;
const CHANGE_FADES_MS = 30 * 60_000;

/** Everything that speaks for a node, heaviest first. `share` of what users feel begins here. */
export function cluesOf(node: NodeReading, share: number): Clue[] {
  const clues: Clue[] = [];
  for (const [indicator, reads] of node.by) {
    const kind = KIND[indicator];
    if (kind === 'change') continue;
    const { prior, knee } = WORTH[kind];
    const spreads = kind === 'waiting' || kind === 'errors';
    const lnShare = spreads ? Math.log(UNCONNECTED_SHARE + share) : 0;
    const agreed = reads.length >= AGREEMENT_OF ? Math.abs(reads[1]?.spreads ?? 0) : Number.POSITIVE_INFINITY;
    for (const read of reads) {
      const size = Math.min(agreed, Math.abs(read.spreads));
      clues.push(clueOf(kind, read, softened(likelihoodRatio(size), knee) + prior + lnShare));
    }
  }
  return [...clues, ...wayClues(node.ways)].sort((a, b) => b.weight - a.weight);
}

/** A change shortly before explains better than none, the less so the longer it is past. */
export function changeClues(changes: readonly NodeChange[], node: string, from: number): Clue[] {
  return changes
    .filter((change) => change.node === node && change.at <= from)
    .map(({ at, what, evidence }) => ({
      kind: 'change' as const,
      label: what,
      weight: CHANGE_WEIGHT * Math.exp((at - from) / CHANGE_FADES_MS),
      deviation: null,
      since: at,
      ...(evidence ? { evidence } : {}),
    }));
}

/**
 * If a node's network is slow, the ways of all its calls are; of a node where only one of many is, the other end is the better suspect. Some
 * troubles slow only what comes in. The readings of one node are not independent, so their sum grows with the root of their number only.
 */
function wayClues(ways: readonly Way[]): Clue[] {
  const [worst] = ways.toSorted((a, b) => b.spreads - a.spreads);
  if (worst === undefined) return [];
  const together = (some: readonly Way[]) =>
    some.reduce((sum, way) => sum + wayWeight(way), 0) / Math.sqrt(some.length || 1);
  const inbound = ways.filter((way) => way.inbound);
  const weight = inbound.length === 0 ? together(ways) : Math.max(together(ways), together(inbound));
  return [clueOf('network', worst, weight + WORTH.network.prior)];
}

/** What the other calls of the same caller show as well is taken off. */
function wayWeight({ spreads, shared }: Way): number {
  const weight = (size: number) => softened(likelihoodRatio(size), WORTH.network.knee);
  return weight(spreads) - Math.max(0, weight(shared));
}

function clueOf(kind: ClueKind, read: Read<string>, weight: number): Clue {
  const { label, unit, deviation, evidence } = read;
  const more = { ...(unit ? { unit } : {}), ...(evidence ? { evidence } : {}) };
  return { kind, label, weight, deviation, since: deviation.since, ...more };
}
