import { type Deviation, deviationOf, type Point, quantile, type Window } from '../../series/deviation.ts';
import { realness } from './likelihood.ts';
import type { EdgeSeries, Indicator, IndicatorSeries, RankedEdge, RankingInput } from './model.ts';
import { comparedWithPeers, peerFloors } from './peers.ts';

/** A series, and how unusual it is in the window. */
export interface Read<I extends string = Indicator> {
  readonly indicator: I;
  readonly label: string;
  readonly unit?: string;
  readonly deviation: Deviation;
  /** Signed spreads: of the deviation only what is new counts, and of some indicators only a rise. */
  readonly spreads: number;
  readonly evidence?: string;
}

/** The way between the two ends of a call, as one of the two sees it. */
export interface Way extends Read<'network-latency'> {
  /** This node is the one that is called. */
  readonly inbound: boolean;
  /** How unusual the other calls of the caller are: what all of them share is the caller's, not this callee's. */
  readonly shared: number;
}

export interface NodeReading {
  readonly id: string;
  /** Most unusual first, within each indicator. */
  readonly by: ReadonlyMap<Indicator, readonly Read[]>;
  /** The series that amounts are reckoned from. */
  readonly first: ReadonlyMap<Indicator, Read>;
  readonly ways: readonly Way[];
}

/** Only a rise of these can make anybody wait; of all others either direction may be a clue. */
const RISES: ReadonlySet<string> = new Set(['latency', 'errors', 'saturation', 'network-latency']);
/** These spread to whoever waits: that many nodes show them is what one fault looks like, not a reason to take them lightly. */
const SPREADS: ReadonlySet<string> = new Set(['latency', 'errors']);
/** One failed request in 500 is no matter, however rare failures were before. */
const ERROR_FLOOR = 0.2;
/** What is left of a deviation that was there before the window: it may have become worse. */
const OLD_NEWS = 0.15;
/** Readings of the two ends of a call belong together when they are this close. */
const SAME_MOMENT_MS = 60_000;

export function readNodes(input: RankingInput): ReadonlyMap<string, NodeReading> {
  const ways = readWays(input);
  const floors = peerFloors(input);
  const raw = input.nodes.flatMap(({ id, series }) =>
    series.flatMap((one) => {
      const read = readOf(one, input.window, floors.get(`${one.indicator}/${one.label}`));
      return read === null ? [] : [{ id, read }];
    }),
  );
  const reads = comparedWithPeers(raw, ({ read }) =>
    SPREADS.has(read.indicator) ? null : `${read.indicator}/${read.label}`,
  );
  const byNode = Map.groupBy(reads, ({ id }) => id);
  return new Map(
    input.nodes.map(({ id }) => {
      const own = (byNode.get(id) ?? []).map(({ read }) => read);
      const by = Map.groupBy(own, (read) => read.indicator);
      const first = new Map([...by].flatMap(([indicator, [read]]) => (read === undefined ? [] : [[indicator, read]])));
      for (const list of by.values()) list.sort((a, b) => Math.abs(b.spreads) - Math.abs(a.spreads));
      return [id, { id, by, first, ways: ways.get(id) ?? [] }];
    }),
  );
}

/** Time or failures per second that are new at a node, as far as they are to be taken for real. Traffic makes nodes comparable. */
export function excessOf(node: NodeReading, indicator: Indicator): number {
  const read = node.first.get(indicator);
  if (read === undefined || read.spreads <= 0) return 0;
  const traffic = node.first.get('traffic')?.deviation.observed ?? 1;
  const { observed, expected, news } = read.deviation;
  const excess = Math.max(0, observed - expected) * news * realness(read.spreads) * Math.max(0, traffic);
  return Number.isFinite(excess) ? excess : 0;
}

function readWays(input: RankingInput): ReadonlyMap<string, readonly Way[]> {
  const raw = input.edges.flatMap((edge) => {
    const read = wayOf(edge, input.window);
    return read === null ? [] : [{ edge, read }];
  });
  const compared = comparedWithPeers(raw, () => 'ways');
  const sizes = new Map(
    [...Map.groupBy(compared, ({ edge }) => edge.caller)].map(([caller, own]) => [
      caller,
      own.map(({ read }) => read.spreads),
    ]),
  );
  const ways = compared.flatMap(({ edge, read }) => [
    { at: edge.caller, way: { ...read, inbound: false, shared: 0 } },
    {
      at: edge.callee,
      way: { ...read, inbound: true, shared: medianOfOthers(sizes.get(edge.caller) ?? [], read.spreads) },
    },
  ]);
  return new Map([...Map.groupBy(ways, ({ at }) => at)].map(([id, list]) => [id, list.map(({ way }) => way)]));
}

/** Of fewer than two others nothing can be said to be shared. */
function medianOfOthers(all: readonly number[], own: number): number {
  const others = all.toSpliced(all.indexOf(own), 1).sort((a, b) => a - b);
  return others.length < 2 ? 0 : quantile(others, 0.5);
}

/** What the caller sees beyond what the callee says of the same calls is spent between them: network, proxies, a queue before the callee. */
function wayOf({ series = [] }: RankedEdge, window: Window): Read<'network-latency'> | null {
  const of = (indicator: EdgeSeries['indicator']) => series.find((one) => one.indicator === indicator);
  const given = of('network-latency');
  if (given) return readOf({ ...given, indicator: 'network-latency' }, window);
  const [client, server] = [of('client-latency'), of('server-latency')];
  if (client === undefined || server === undefined) return null;
  return readOf({ ...client, indicator: 'network-latency', points: difference(client.points, server.points) }, window);
}

function readOf<I extends string>(
  series: Pick<IndicatorSeries, 'label' | 'unit' | 'points' | 'evidence'> & { readonly indicator: I },
  window: Window,
  floor = 0,
): Read<I> | null {
  const { indicator, label, unit, evidence } = series;
  const deviation = deviationOf(series.points, window, indicator === 'errors' ? ERROR_FLOOR : floor);
  if (deviation === null) return null;
  const size = deviation.score * (OLD_NEWS + (1 - OLD_NEWS) * deviation.news);
  const spreads = RISES.has(indicator) ? Math.max(0, size) : size;
  return { indicator, label, deviation, spreads, ...(unit ? { unit } : {}), ...(evidence ? { evidence } : {}) };
}

/** The server's value nearest in time is taken off, never below zero. Both in time order. */
function difference(client: readonly Point[], server: readonly Point[]): Point[] {
  let next = 0;
  const distance = (index: number, at: number) => Math.abs((server[index]?.at ?? Number.POSITIVE_INFINITY) - at);
  return client.flatMap(({ at, value }) => {
    while (next + 1 < server.length && distance(next + 1, at) <= distance(next, at)) next++;
    const other = server[next];
    if (other === undefined || distance(next, at) > SAME_MOMENT_MS) return [];
    return [{ at, value: Math.max(0, value - other.value) }];
  });
}
