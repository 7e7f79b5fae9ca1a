import { POOL_NAMES, poolFamilyOf } from '../connections/index.ts';
import { PLACE_LABEL_NAMES, promqlString } from '../domain/workload-series.ts';
import { SERVER_FAMILIES, type ServerFamily } from '../workload-metrics/index.ts';
import type { Part } from './indicators.ts';

/** One question of a scan: its answer has one series for each pod (or workload) there is. */
export interface ScanQuery {
  readonly id: string;
  /** `scope`: further matchers, each with a comma before it; empty for all. */
  text(scope: string): string;
  /** The label that names the namespace, by which a question that is too large is split. */
  readonly namespaceLabel: string;
  /** Labels that name the workload itself, for series of meshes. */
  readonly placedBy?: ServerFamily['placedBy'];
  /** What one sample is; null: nothing that is followed. */
  partOf(labels: Readonly<Record<string, string>>): Part | null;
  readonly add: 'sum' | 'max';
  /** Asked no more often than it is scraped; 0: in every scan. */
  readonly everyMs: number;
}

/** `mean`: there are no buckets, so nothing is known of the tail. */
type Form = 'classic' | 'mean' | 'native';

/** What is there to be read, as far as one question for all names tells. */
export interface Discovered {
  readonly servers: readonly { readonly family: ServerFamily; readonly form: Form }[];
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
const CONTAINER = 'container!="",container!="POD"';

/** Asks, once for all workloads, which of the known families exist. */
export function discoveryQuery(): string {
  const server = SERVER_FAMILIES.map(({ name }) => `${name.replaceAll('.', '[.]')}(_count|_bucket)?`);
  const others = [...EVENT_LOOP, ...IN_FLIGHT, ...CPU, 'container_cpu_cfs_periods_total', MEMORY, MEMORY_LIMIT];
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
  const servers = SERVER_FAMILIES.flatMap((family): Discovered['servers'] => {
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
  return queries;
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
  const query = (part: Part, text: ScanQuery['text']): ScanQuery => ({
    id: `${family.name} ${part}`,
    text,
    namespaceLabel: family.placedBy?.namespace ?? 'namespace',
    ...(family.placedBy === undefined ? {} : { placedBy: family.placedBy }),
    partOf: () => part,
    add: 'sum',
    everyMs: 0,
  });
  return [
    query('count', (scope) => summed('_count', scope)),
    query('seconds', (scope) => `${summed('_sum', scope)}${scale}`),
    // Quantiles of pods cannot be added up; weighted by their requests they tell of the workload.
    ...(form === 'mean' ? [] : [query('tail', (scope) => `${quantile(scope)} * ${summed('_count', scope)}${scale}`)]),
    ...(family.failed.length === 0
      ? []
      : [
          query('failed', (scope) =>
            family.failed.map((failed) => summed('_count', scope, `,${failed}`)).join('\nor '),
          ),
        ]),
  ];
}

function placeOf({ placedBy }: ServerFamily): string {
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
  return { id: part, text, namespaceLabel: 'namespace', partOf: () => part, add: 'sum', everyMs };
}

const POOL_STATES = ['db_client_connection_state', 'state'] as const;

/** All namings of pools in one question; what a sample says is known by its name and state. */
function poolQuery(everyMs: number): ScanQuery {
  const by = ['__name__', ...POOL_STATES, PLACE].join(', ');
  return {
    id: 'pools',
    text: (scope) => `sum by (${by}) ({__name__=~${promqlString(POOL_NAMES)}${scope}})`,
    namespaceLabel: 'namespace',
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
