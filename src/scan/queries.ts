import { POOL_NAMES, poolFamilyOf } from '../connections/index.ts';
import { PLACE_LABEL_NAMES, promqlString } from '../domain/workload-series.ts';
import { PROXY_FAMILIES, type ProxyFamily, SERVER_FAMILIES, type ServerFamily } from '../workload-metrics/index.ts';
import type { Part } from './indicators.ts';

/** One question of a scan: its answer has one series for each pod (or workload) there is. */
export interface ScanQuery {
  readonly id: string;
  /** `scope`: further matchers, each with a comma before it; empty for all. */
  text(scope: string): string;
  /** The label that names the namespace, by which a question that is too large is split; null: it cannot be. */
  readonly namespaceLabel: string | null;
  /** Labels that name the workload itself, for series of meshes. */
  readonly placedBy?: ServerFamily['placedBy'];
  /** Labels that name a workload without its namespace: a consumer group that carries its name is its own. */
  readonly namedIn?: readonly string[];
  /** What the labels of a proxy say about whom it asks. */
  readonly addressesIn?: ProxyFamily['addressesIn'];
  /** Who counted the requests; null: it is no question about requests. The same ones are counted by each, so that only the first that knows a workload speaks of it. */
  readonly countedBy: Counter | null;
  /** What one sample is; null: nothing that is followed. */
  partOf(labels: Readonly<Record<string, string>>): Part | null;
  readonly add: 'sum' | 'max';
  /** Asked no more often than it is scraped; 0: in every scan. */
  readonly everyMs: number;
}

/** Nearest to the work first. */
export const COUNTERS = ['process', 'mesh', 'proxy'] as const;
type Counter = (typeof COUNTERS)[number];
type Family = ServerFamily | ProxyFamily;
const FAMILIES: readonly Family[] = [...SERVER_FAMILIES, ...PROXY_FAMILIES];

/** `mean`: there are no buckets, so nothing is known of the tail. */
type Form = 'classic' | 'mean' | 'native';

/** What is there to be read, as far as one question for all names tells. */
export interface Discovered {
  readonly servers: readonly { readonly family: Family; readonly form: Form }[];
  /** The names that exist, with the jobs that they come from. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How often a name is scraped, and over which window its rate is taken. */
export interface Pace {
  everyMs(name: string): number;
  windowMs(name: string): number;
}

const TAIL = 0.95;

const PLACE = PLACE_LABEL_NAMES.join(', ');
const EVENT_LOOP = [
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_eventloop_delay_p99_seconds',
  'nodejs.eventloop.delay.p99',
] as const;
const IN_FLIGHT = ['http_server_active_requests', 'http.server.active_requests'] as const;
const CPU = ['container_cpu_usage_seconds_total', 'process_cpu_seconds_total'] as const;
/** Of the consumers' own pods: the Kafka client by Micrometer or JMX; each sees the lag of its own partitions. */
const CONSUMER_LAG = ['kafka_consumer_fetch_manager_records_lag_max', 'kafka_consumer_records_lag_max'] as const;
/** bullmq-otel, and the habits of those who export BullMQ by hand; of a queue in Redis all pods see the same. */
const JOBS_WAITING = ['bullmq_jobs_waiting', 'bull_jobs_waiting', 'bull_queue_waiting'] as const;
const JOBS = ['bullmq_queue_jobs', 'bullmq.queue.jobs'] as const;
/** kafka_exporter and kminion, the sum before its parts. */
const GROUP_LAG = [
  'kafka_consumergroup_lag_sum',
  'kafka_consumergroup_lag',
  'kminion_kafka_consumer_group_topic_lag',
] as const;
const GROUPS = ['consumergroup', 'group_id'] as const;
const CONTAINER = 'container!="",container!="POD"';

/** Asks, once for all workloads, which of the known families exist. */
export function discoveryQuery(): string {
  const server = FAMILIES.map(({ name }) => `${name.replaceAll('.', '[.]')}(_count|_bucket)?`);
  const queues = [...CONSUMER_LAG, ...JOBS_WAITING, ...JOBS, ...GROUP_LAG];
  const containers = [...CPU, 'container_cpu_cfs_periods_total', MEMORY, MEMORY_LIMIT];
  const others = [...EVENT_LOOP, ...IN_FLIGHT, ...containers, ...queues];
  const names = [...server, ...others.map((name) => name.replaceAll('.', '[.]')), POOL_NAMES];
  return `count by (__name__, job) ({__name__=~${promqlString(names.join('|'))}})`;
}

const MEMORY = 'container_memory_working_set_bytes';
const MEMORY_LIMIT = 'container_spec_memory_limit_bytes';

export function discoveredIn(series: readonly { readonly labels: Readonly<Record<string, string>> }[]): Discovered {
  const names = new Map<string, Set<string>>();
  for (const { labels } of series) {
    const name = labels['__name__'] ?? '';
    names.set(name, (names.get(name) ?? new Set()).add(labels['job'] ?? ''));
  }
  const servers = FAMILIES.flatMap((family): Discovered['servers'] => {
    if (names.has(`${family.name}_count`))
      return [{ family, form: names.has(`${family.name}_bucket`) ? 'classic' : 'mean' }];
    return names.has(family.name) ? [{ family, form: 'native' }] : [];
  });
  return { servers, names };
}

/** The name by which a family is told to be there. */
export function countedBy({ family, form }: Discovered['servers'][number]): string {
  return form === 'native' ? family.name : `${family.name}_count`;
}

/** The questions of one scan: as many as there are families, however many workloads. */
export function scanQueries({ servers, names }: Discovered, pace: Pace): ScanQuery[] {
  const first = (all: readonly string[]): string | undefined => all.find((name) => names.has(name));
  const queries = servers.flatMap((one) => serverQueries(one, inPromql(pace.windowMs(countedBy(one)))));
  const cpu = first(CPU);
  if (cpu !== undefined) queries.push(rated('cpu', cpu, cpu.startsWith('container') ? CONTAINER : '', pace));
  if (names.has('container_cpu_cfs_periods_total')) {
    queries.push(rated('periods', 'container_cpu_cfs_periods_total', CONTAINER, pace));
    queries.push(rated('throttled', 'container_cpu_cfs_throttled_periods_total', CONTAINER, pace));
  }
  if (names.has(MEMORY)) queries.push(gauge('memory', MEMORY, CONTAINER, pace));
  if (names.has(MEMORY_LIMIT)) queries.push(gauge('memory-limit', MEMORY_LIMIT, CONTAINER, pace));
  const inFlight = first(IN_FLIGHT);
  if (inFlight !== undefined) queries.push(gauge('in-flight', inFlight, '', pace));
  const lag = first(EVENT_LOOP);
  if (lag !== undefined) queries.push({ ...gauge('lag', lag, '', pace, 'max'), add: 'max' });
  const pools = [...names.keys()].filter((name) => POOL_PATTERN.test(name));
  if (pools.length > 0) queries.push(poolQuery(Math.min(...pools.map((name) => pace.everyMs(name)))));
  return [...queries, ...queueQueries(first, pace)];
}

/** The consumers' own word first; what exporters say of their group is the same backlog, and the larger of both counts. */
function queueQueries(first: (all: readonly string[]) => string | undefined, pace: Pace): ScanQuery[] {
  const lag = first(CONSUMER_LAG);
  const waiting = first(JOBS_WAITING);
  const jobs = first(JOBS);
  const group = first(GROUP_LAG);
  const isWaiting = (label: string) => `${label}=~"|wait|waiting"`;
  const states = [
    isWaiting('state'),
    isWaiting(jobs?.includes('.') ? '"bullmq.job.state"' : 'bullmq_job_state'),
  ].join();
  const largest = (name: string, only: string): ScanQuery => ({
    ...gauge('backlog', name, only, pace, 'max'),
    add: 'max',
  });
  return [
    ...(lag === undefined ? [] : [gauge('backlog', lag, '', pace)]),
    ...(waiting === undefined ? [] : [largest(waiting, '')]),
    ...(jobs === undefined ? [] : [largest(jobs, states)]),
    ...(group === undefined ? [] : [groupQuery(group, pace.everyMs(group))]),
  ].map((query, index) => ({ ...query, id: `backlog ${index}` }));
}

/** Two exporters tell of the same partition. */
function groupQuery(name: string, everyMs: number): ScanQuery {
  const group = GROUPS.join(', ');
  return {
    ...plain(
      'backlog',
      everyMs,
      () => `sum by (${group}) (max by (${group}, topic, topic_name, partition) ({__name__=${promqlString(name)}}))`,
    ),
    namespaceLabel: null,
    namedIn: GROUPS,
    add: 'max',
  };
}

const POOL_PATTERN = new RegExp(`^(?:${POOL_NAMES})$`);

function inPromql(windowMs: number): string {
  return `${Math.ceil(windowMs / 1_000)}s`;
}

function serverQueries({ family, form }: Discovered['servers'][number], window: string): ScanQuery[] {
  const by = placeOf(family);
  const only = family.only === undefined ? '' : `,${family.only}`;
  const rate = (suffix: string, scope: string, more = ''): string =>
    `rate({__name__=${promqlString(family.name + suffix)}${only}${more}${scope}}[${window}])`;
  const summed = (suffix: '_count' | '_sum', scope: string, more?: string): string =>
    form === 'native'
      ? `histogram${suffix}(sum by (${by}) (${rate('', scope, more)}))`
      : `sum by (${by}) (${rate(suffix, scope, more)})`;
  const scale = family.unitsPerSecond === 1 ? '' : ` / ${family.unitsPerSecond}`;
  const quantile = (scope: string): string =>
    form === 'native'
      ? `histogram_quantile(${TAIL}, sum by (${by}) (${rate('', scope)}))`
      : `histogram_quantile(${TAIL}, sum by (${by}, le) (${rate('_bucket', scope)}))`;
  const failed = (scope: string): string[] =>
    family.failedBy === undefined
      ? family.failed.map((matcher) => summed('_count', scope, `,${matcher}`))
      : [
          `sum by (${by}) (rate({__name__=${promqlString(family.failedBy.name)},${family.failedBy.matchers}${scope}}[${window}]))`,
        ];
  const query = (part: Part, text: ScanQuery['text']): ScanQuery => ({
    id: `${family.name} ${part}`,
    text,
    ...addressing(family),
    partOf: () => part,
    add: 'sum',
    everyMs: 0,
  });
  return [
    query('count', (scope) => summed('_count', scope)),
    query('seconds', (scope) => `${summed('_sum', scope)}${scale}`),
    // Quantiles of pods cannot be added up; weighted by their requests they tell of the workload.
    ...(form === 'mean' ? [] : [query('tail', (scope) => `${quantile(scope)} * ${summed('_count', scope)}${scale}`)]),
    ...(failed('').length === 0 ? [] : [query('failed', (scope) => failed(scope).join('\nor '))]),
  ];
}

function addressing(family: Family): Pick<ScanQuery, 'namespaceLabel' | 'placedBy' | 'addressesIn' | 'countedBy'> {
  if ('addressesIn' in family) return { namespaceLabel: null, addressesIn: family.addressesIn, countedBy: 'proxy' };
  const { placedBy } = family;
  if (placedBy === undefined) return { namespaceLabel: 'namespace', countedBy: 'process' };
  return { namespaceLabel: placedBy.namespace, placedBy, countedBy: 'mesh' };
}

function placeOf(family: Family): string {
  if ('labels' in family) return family.labels.join(', ');
  const { placedBy } = family;
  return placedBy === undefined ? PLACE : [placedBy.namespace, ...Object.values(placedBy.kinds)].join(', ');
}

function rated(part: Part, name: string, only: string, pace: Pace): ScanQuery {
  const window = inPromql(pace.windowMs(name));
  return plain(
    part,
    pace.everyMs(name),
    (scope) => `sum by (${PLACE}) (rate({__name__=${promqlString(name)}${comma(only)}${scope}}[${window}]))`,
  );
}

function gauge(part: Part, name: string, only: string, pace: Pace, add: 'sum' | 'max' = 'sum'): ScanQuery {
  return plain(
    part,
    pace.everyMs(name),
    (scope) => `${add} by (${PLACE}) ({__name__=${promqlString(name)}${comma(only)}${scope}})`,
  );
}

function comma(matchers: string): string {
  return matchers === '' ? '' : `,${matchers}`;
}

function plain(part: Part, everyMs: number, text: ScanQuery['text']): ScanQuery {
  return { id: part, text, namespaceLabel: 'namespace', countedBy: null, partOf: () => part, add: 'sum', everyMs };
}

const POOL_STATES = ['db_client_connection_state', 'state'] as const;

/** All namings of pools in one question; what a sample says is known by its name and state. */
function poolQuery(everyMs: number): ScanQuery {
  const by = ['__name__', ...POOL_STATES, PLACE].join(', ');
  return {
    id: 'pools',
    text: (scope) => `sum by (${by}) ({__name__=~${promqlString(POOL_NAMES)}${scope}})`,
    namespaceLabel: 'namespace',
    countedBy: null,
    partOf(labels) {
      const role = poolFamilyOf(labels.__name__ ?? '', labels)?.role;
      if (role === 'used') return 'pool-used';
      if (role === 'max') return 'pool-max';
      return role === 'pending' ? 'pool-waiting' : null;
    },
    add: 'sum',
    everyMs,
  };
}
