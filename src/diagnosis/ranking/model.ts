import type { Deviation, Point, Window } from '../../series/deviation.ts';

/** What a series means. Ranking knows nothing else of it, above all no name. `errors` is a share in percent, or failures per second. */
export type Indicator =
  | 'latency'
  | 'errors'
  | 'traffic'
  | 'cpu'
  | 'memory'
  | 'disk'
  | 'network'
  | 'saturation'
  | 'other';

export interface IndicatorSeries {
  readonly indicator: Indicator;
  /** For people: `p95`, `CPU of the containers`. The same on all nodes whose series can be compared. */
  readonly label: string;
  /** For people, with its space: ` s`, ` %`. */
  readonly unit?: string;
  /** In time order. The first series of an indicator is the one that amounts are reckoned from: put the mean before the quantiles. */
  readonly points: readonly Point[];
  /** Id of the evidence that holds the reading. */
  readonly evidence?: string;
}

export interface RankedNode {
  readonly id: string;
  readonly series: readonly IndicatorSeries[];
}

/** The caller waits for the callee. Series of the call itself, where there are any. */
export interface RankedEdge {
  readonly caller: string;
  readonly callee: string;
  readonly series?: readonly EdgeSeries[];
}

/** client-latency is measured by the caller, server-latency by the callee for the same calls; network-latency is what lies between. */
export interface EdgeSeries {
  readonly indicator: 'client-latency' | 'server-latency' | 'network-latency' | 'traffic';
  readonly label: string;
  readonly points: readonly Point[];
  readonly evidence?: string;
}

/** Where users feel it. */
export interface Symptom {
  readonly node: string;
  readonly indicator: 'latency' | 'errors';
}

/** Something that somebody did: a release, a configuration, a scaling, a node that went. */
export interface NodeChange {
  readonly node: string;
  readonly at: number;
  readonly what: string;
  readonly evidence?: string;
}

/** Any of it may be missing or wrong: no edges, edges in a circle, nodes without series, series of NaN, series that end. */
export interface RankingInput {
  readonly nodes: readonly RankedNode[];
  readonly edges: readonly RankedEdge[];
  /** Null: all that is known is that something is wrong in the window. */
  readonly symptom: Symptom | null;
  /** Everything before it is the past that it is compared with. */
  readonly window: Window;
  readonly changes?: readonly NodeChange[];
}

export type ClueKind = 'resource' | 'waiting' | 'errors' | 'network' | 'traffic' | 'change' | 'other';

/** One thing that speaks for a suspect. */
export interface Clue {
  readonly kind: ClueKind;
  readonly label: string;
  readonly unit?: string;
  /** Natural logarithm of how much likelier this is if the suspect is the cause than if it is not. */
  readonly weight: number;
  /** Null for a change. */
  readonly deviation: Deviation | null;
  readonly since: number | null;
  readonly evidence?: string;
}

/**
 * `cause`: what users feel begins here. `waits`: it is worse off because of what it calls. `bystander`: something is unusual about it that
 * does not lead to users. `well`: nothing is.
 */
export type Role = 'cause' | 'waits' | 'bystander' | 'well';

export interface Suspect {
  readonly node: string;
  readonly score: number;
  /** Share of belief among all suspects and `none`; together they are 1. */
  readonly belief: number;
  readonly role: Role;
  /** Heaviest first. */
  readonly clues: readonly Clue[];
  /** From where users feel it to the suspect, both included, each waiting for the next; empty = no such way is known. */
  readonly path: readonly string[];
}

export interface Ranking {
  /** Best first; every node is there. */
  readonly suspects: readonly Suspect[];
  /** Belief that the cause is none of the nodes. */
  readonly none: number;
}
