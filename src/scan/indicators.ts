import type { WorkloadView } from '../ports/cluster.ts';
import type { EpisodeOptions } from '../series/index.ts';

/** What is followed of every workload, and from when on it is trouble. */
export interface Indicator {
  readonly meaning: string;
  readonly unit: string;
  /** What keeps a small change from being trouble; null: it is read and told beside others, and never trouble by itself, for much CPU is what a busy workload uses. */
  readonly trouble: EpisodeOptions | null;
  /** Only judged where so many requests flow within the window of the rates. */
  readonly minRequests: number;
  /** Told by its distance alone, for it stands still on usual days: a seventh of the room. */
  readonly isStill?: boolean;
}

/** Saturation comes and goes by itself; when it hurts, users' own indicators say so first. */
const SATURATION = { direction: 'high', opensAtOnce: false, persistMs: 600_000 } as const;

/**
 * Rate, errors, duration and saturation. The least amounts of what users wait for and get wrong are what they can feel: from 5 to 15 ms is no trouble, however unusual.
 */
export const INDICATORS = {
  rate: {
    meaning: 'requests served',
    unit: '/s',
    trouble: { direction: 'both', leastRatio: 3, leastAmount: 5 },
    minRequests: 0,
  },
  failed: {
    meaning: 'share of requests failed',
    unit: '',
    trouble: { direction: 'high', leastRatio: 2, leastAmount: 0.02 },
    minRequests: 10,
  },
  seconds: {
    meaning: 'mean duration of a request',
    unit: 's',
    trouble: { direction: 'high', leastRatio: 2, leastAmount: 0.05 },
    minRequests: 20,
  },
  tail: {
    meaning: '95 of 100 requests within',
    unit: 's',
    trouble: { direction: 'high', leastRatio: 2, leastAmount: 0.1 },
    minRequests: 60,
  },
  'in-flight': { meaning: 'requests under way', unit: '', trouble: null, minRequests: 0 },
  cpu: { meaning: 'CPU used', unit: 'cores', trouble: null, minRequests: 0 },
  throttled: {
    meaning: 'share of periods throttled',
    unit: '',
    trouble: { ...SATURATION, leastRatio: 2, leastAmount: 0.25 },
    minRequests: 0,
  },
  memory: { meaning: 'memory used, of its limit', unit: '', trouble: null, minRequests: 0 },
  'pool-used': { meaning: 'connections in use, of the pool', unit: '', trouble: null, minRequests: 0 },
  'pool-waiting': {
    meaning: 'requests waiting for a connection',
    unit: '',
    trouble: { ...SATURATION, leastRatio: 2, leastAmount: 5 },
    minRequests: 0,
  },
  lag: {
    meaning: 'lag of the event loop',
    unit: 's',
    trouble: { ...SATURATION, leastRatio: 3, leastAmount: 0.1 },
    minRequests: 0,
  },
  backlog: {
    meaning: 'messages that wait for it',
    unit: '',
    trouble: { ...SATURATION, leastRatio: 3, leastAmount: 500 },
    minRequests: 0,
    isStill: true,
  },
  // A rollout and a restart are over by then, as a rule.
  'not-ready': {
    meaning: 'share of wanted pods that are not ready',
    unit: '',
    trouble: { ...SATURATION, leastAmount: 0.5, persistMs: 300_000 },
    minRequests: 0,
    isStill: true,
  },
} as const satisfies Record<string, Indicator>;

export type IndicatorId = keyof typeof INDICATORS;
export const INDICATOR_IDS = Object.keys(INDICATORS) as IndicatorId[];
export type Indicators = Readonly<Partial<Record<IndicatorId, number>>>;

/** What counts requests: `count` is there wherever any of them is. `tail`: each pod's quantile times its requests. */
export const REQUEST_PARTS = ['count', 'failed', 'seconds', 'tail'] as const;
/** What is added up over the pods of a workload; the indicators are made of these. */
export const PARTS = [
  ...REQUEST_PARTS,
  'in-flight',
  'cpu',
  'periods',
  'throttled',
  'memory',
  'memory-limit',
  'pool-used',
  'pool-max',
  'pool-waiting',
  'lag',
  'backlog',
] as const;
export type Part = (typeof PARTS)[number];

export type Parts = Partial<Record<Part, number>>;

/** The indicators of one workload from its parts. What cannot be told is left out: it is never zero. `unread`: parts that were not answered. */
export function indicatorsOf(parts: Parts, unread: ReadonlySet<Part> = new Set()): Indicators {
  const values: Partial<Record<IndicatorId, number>> = {};
  const put = (id: IndicatorId, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) values[id] = value;
  };
  put('rate', parts.count);
  // A workload that never failed has no series of failures.
  if (!unread.has('failed')) put('failed', share(parts.failed ?? 0, parts.count));
  put('seconds', share(parts.seconds, parts.count));
  put('tail', share(parts.tail, parts.count));
  put('in-flight', parts['in-flight']);
  put('cpu', parts.cpu);
  put('throttled', share(parts.throttled, parts.periods));
  put('memory', share(parts.memory, parts['memory-limit']));
  put('pool-used', share(parts['pool-used'], parts['pool-max']));
  put('pool-waiting', parts['pool-waiting']);
  put('lag', parts.lag);
  put('backlog', parts.backlog);
  return values;
}

function share(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}

/** The share of wanted pods that are not ready, by the counts of Kubernetes itself; of a kind that has no number of pods, and of what is scaled to none, there is none. */
export function notReadyOf({ replicas, readyReplicas }: Pick<WorkloadView, 'replicas' | 'readyReplicas'>): Indicators {
  return replicas === null || replicas === 0 ? {} : { 'not-ready': Math.max(0, 1 - readyReplicas / replicas) };
}
