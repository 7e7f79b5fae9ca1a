import { quantile } from '../../series/deviation.ts';
import type { RankingInput } from './model.ts';

/** Fewer say nothing about what is common: of five services three may well suffer from one fault. */
const FEWEST_PEERS = 8;
/** The lower third of the peers tells what is common; a third of the absolute values of a standard normal variable is below. */
const COMMON = { share: 1 / 3, z: 0.4307 } as const;
/** A resource that grows by less than this share of what a usual node takes of it is not exhausted by that. */
const FLOOR_SHARE = 0.05;
const RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'disk']);

/** Where most of a kind deviate at once (a burst of load, a scrape that came late) none of them stands out by that much. Kind null: not compared. */
export function comparedWithPeers<T extends { readonly read: { readonly spreads: number } }>(
  all: readonly T[],
  kindOf: (one: T) => string | null,
): T[] {
  const scales = new Map(
    [...Map.groupBy(all, kindOf)].map(([kind, peers]) => [
      kind,
      kind === null ? 1 : usualSize(peers.map(({ read }) => read.spreads)),
    ]),
  );
  return all.map((one) => ({
    ...one,
    read: { ...one.read, spreads: one.read.spreads / (scales.get(kindOf(one)) ?? 1) },
  }));
}

function usualSize(spreads: readonly number[]): number {
  if (spreads.length < FEWEST_PEERS) return 1;
  const sizes = spreads.map(Math.abs).sort((a, b) => a - b);
  return Math.max(1, quantile(sizes, COMMON.share) / COMMON.z);
}

/** By indicator and label: the change of a resource that is no matter, from the level that is usual among the nodes. */
export function peerFloors({ nodes, window }: RankingInput): ReadonlyMap<string, number> {
  const levels = new Map<string, number[]>();
  for (const one of nodes.flatMap(({ series }) => series)) {
    if (!RESOURCES.has(one.indicator)) continue;
    const past = one.points.filter(({ at, value }) => at < window.from && Number.isFinite(value));
    if (past.length === 0) continue;
    const level = median(past.map(({ value }) => Math.abs(value)));
    const key = `${one.indicator}/${one.label}`;
    levels.set(key, [...(levels.get(key) ?? []), level]);
  }
  return new Map([...levels].map(([key, list]) => [key, FLOOR_SHARE * median(list)]));
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );
}
