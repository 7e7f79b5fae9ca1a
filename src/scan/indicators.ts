/** Which way a value is trouble, and what keeps a small change from being any. */
export interface Indicator {
  readonly meaning: string;
  readonly unit: string;
  /** `both`: also an unusual fall. */
  readonly trouble: 'high' | 'both' | 'none';
  /** The value has to be this many times what is expected (or a part of it, when it falls). */
  readonly minRatio: number;
  /** And to differ from it by so much. */
  readonly minChange: number;
  /** Only judged where requests flow. */
  readonly needsTraffic: boolean;
}

/**
 * What is followed of every workload: rate, errors, duration and saturation. `none` is read and shown but never trouble by itself: much CPU is
 * what a busy workload uses.
 */
export const INDICATORS = {
  rate: { meaning: 'requests served', unit: '/s', trouble: 'both', minRatio: 3, minChange: 5, needsTraffic: false },
  failed: {
    meaning: 'share of requests failed',
    unit: '',
    trouble: 'high',
    minRatio: 2,
    minChange: 0.02,
    needsTraffic: true,
  },
  seconds: {
    meaning: 'mean duration of a request',
    unit: 's',
    trouble: 'high',
    minRatio: 2,
    minChange: 0.05,
    needsTraffic: true,
  },
  'in-flight': {
    meaning: 'requests under way',
    unit: '',
    trouble: 'none',
    minRatio: 4,
    minChange: 20,
    needsTraffic: false,
  },
  cpu: { meaning: 'CPU used', unit: 'cores', trouble: 'none', minRatio: 3, minChange: 0.5, needsTraffic: false },
  throttled: {
    meaning: 'share of periods throttled',
    unit: '',
    trouble: 'high',
    minRatio: 2,
    minChange: 0.25,
    needsTraffic: false,
  },
  memory: {
    meaning: 'memory used, of its limit',
    unit: '',
    trouble: 'none',
    minRatio: 1.3,
    minChange: 0.2,
    needsTraffic: false,
  },
  'pool-used': {
    meaning: 'connections in use, of the pool',
    unit: '',
    trouble: 'none',
    minRatio: 2,
    minChange: 0.3,
    needsTraffic: false,
  },
  'pool-waiting': {
    meaning: 'requests waiting for a connection',
    unit: '',
    trouble: 'high',
    minRatio: 2,
    minChange: 2,
    needsTraffic: false,
  },
  lag: {
    meaning: 'lag of the event loop',
    unit: 's',
    trouble: 'high',
    minRatio: 3,
    minChange: 0.1,
    needsTraffic: false,
  },
} as const satisfies Record<string, Indicator>;

export type IndicatorId = keyof typeof INDICATORS;
export const INDICATOR_IDS = Object.keys(INDICATORS) as IndicatorId[];

/** What is added up over the pods of a workload; the indicators are made of these. */
export type Part =
  | 'count'
  | 'failed'
  | 'seconds'
  | 'in-flight'
  | 'cpu'
  | 'periods'
  | 'throttled'
  | 'memory'
  | 'memory-limit'
  | 'pool-used'
  | 'pool-max'
  | 'pool-waiting'
  | 'lag';

export type Parts = Partial<Record<Part, number>>;

/** The indicators of one workload from its parts. What cannot be told is left out: it is never zero. */
export function indicatorsOf(parts: Parts): Partial<Record<IndicatorId, number>> {
  const values: Partial<Record<IndicatorId, number>> = {};
  const put = (id: IndicatorId, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) values[id] = value;
  };
  put('rate', parts.count);
  // A workload that never failed has no series of failures.
  put('failed', share(parts.count === undefined ? undefined : (parts.failed ?? 0), parts.count));
  put('seconds', share(parts.seconds, parts.count));
  put('in-flight', parts['in-flight']);
  put('cpu', parts.cpu);
  put('throttled', share(parts.throttled, parts.periods));
  put('memory', share(parts.memory, parts['memory-limit']));
  put('pool-used', share(parts['pool-used'], parts['pool-max']));
  put('pool-waiting', parts['pool-waiting']);
  put('lag', parts.lag);
  return values;
}

function share(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}
