import type { CallKind, CallSource } from '../domain/call-graph.ts';
import type { Subject } from '../domain/subject.ts';
import {
  escapeRegex,
  NAMESPACE_LABELS,
  PLACE_LABEL_NAMES,
  promqlString,
  workloadMatchers,
} from '../domain/workload-series.ts';

type Labels = Readonly<Record<string, string>>;
type NamedObject = Pick<Subject, 'kind' | 'namespace' | 'name'>;

/** Whose calls are asked for: those of some workloads, of some namespaces, or all that the server knows of. */
export type CallScope =
  | { readonly callers: readonly NamedObject[] }
  | { readonly namespaces: readonly string[] }
  | 'everything';

/** What one series says of a call: how it is known, who calls, and whom. */
export interface MeasuredCall {
  readonly kind: CallKind;
  readonly source: CallSource;
  /** The caller: by the place labels of the series itself, or a workload by name. An empty namespace is unknown. */
  readonly from: { readonly by: 'place' } | NamedWorkload;
  /** The callee: an address as the caller writes it, a workload (an empty namespace is the caller's), or a queue. */
  readonly to:
    | { readonly by: 'address'; readonly address: string; readonly product: string }
    | { readonly by: 'queue'; readonly name: string; readonly product: string }
    | NamedWorkload;
}

interface NamedWorkload {
  readonly by: 'workload';
  readonly namespace: string;
  readonly name: string;
}

/**
 * Counters of calls that name the server: OpenTelemetry's HTTP and RPC clients, now and before 1.21, in all their Prometheus forms;
 * Micrometer's clients; the habits of prom-client users.
 */
const CLIENT_NAMES =
  '(http[._]client([._]requests?)?[._]duration|http_client_requests|rpc[._]client([._]call)?[._]duration)(_seconds|_milliseconds|_ms)?_(count|total)';
/**
 * Clients of databases and queues by OpenTelemetry's semantic conventions. A pool without an address (HikariCP, database/sql) says that
 * there is a database and not which: those are left to the environment and the catalogue.
 */
const DATABASE_NAMES = 'db[._]client[._]operation[._]duration(_seconds|_milliseconds)?_count';
const QUEUE_NAMES =
  'messaging[._](client[._]operation|publish|receive|process)[._]duration(_seconds|_milliseconds)?_count';
const ADDRESS_LABELS = ['server_address', 'net_peer_name', 'client_name', 'clientName', 'peer_service'] as const;
const DATABASE_LABELS = ['db_system_name', 'db_system'] as const;
const QUEUE_LABELS = ['messaging_system', 'messaging_destination_name', 'messaging_destination'] as const;

/** One query for all calls in scope, whatever the number of workloads. `ago` moves it into the past: `1h`. */
export function callsQuery(scope: CallScope, ago?: string): string {
  const offset = ago === undefined ? '' : ` offset ${ago}`;
  const count = (labels: readonly string[], matchers: readonly (readonly string[])[]) =>
    matchers.map((all) => `count by (${labels.join(', ')}) ({${all.filter((it) => it !== '').join(',')}}${offset})`);
  const byPlace = (names: string) => placesOf(scope).map((place) => [`__name__=~${promqlString(names)}`, place]);
  return [
    ...count([...PLACE_LABEL_NAMES, ...ADDRESS_LABELS], byPlace(CLIENT_NAMES)),
    ...count([...PLACE_LABEL_NAMES, ...ADDRESS_LABELS, ...DATABASE_LABELS], byPlace(DATABASE_NAMES)),
    ...count([...PLACE_LABEL_NAMES, ...QUEUE_LABELS], byPlace(QUEUE_NAMES)),
    // One reporter only, or each call is there twice; the source knows of calls that never arrived.
    ...count(
      ['source_workload', 'source_workload_namespace', 'destination_workload', 'destination_workload_namespace'],
      [
        [
          '__name__="istio_requests_total"',
          'reporter="source"',
          named(scope, 'source_workload', 'source_workload_namespace'),
        ],
      ],
    ),
    ...count(
      ['deployment', 'namespace', 'dst_deployment', 'dst_namespace'],
      [
        [
          '__name__="response_total"',
          'direction="outbound"',
          'dst_deployment!=""',
          named(scope, 'deployment', 'namespace'),
        ],
      ],
    ),
    // Service graphs know no namespaces.
    ...count(
      ['client', 'server', 'connection_type'],
      [['__name__="traces_service_graph_request_total"', named(scope, 'client', null)]],
    ),
  ].join('\nor ');
}

function placesOf(scope: CallScope): readonly string[] {
  if (scope === 'everything') return [''];
  if ('callers' in scope) return workloadMatchers(scope.callers);
  return NAMESPACE_LABELS.map((label) => isOneOf(label, scope.namespaces));
}

function named(scope: CallScope, nameLabel: string, namespaceLabel: string | null): string {
  if (scope === 'everything') return '';
  const namespaces = 'callers' in scope ? scope.callers.map((caller) => caller.namespace) : scope.namespaces;
  const place = namespaceLabel === null ? [] : [isOneOf(namespaceLabel, namespaces)];
  if (!('callers' in scope)) return place.join(',');
  return [
    isOneOf(
      nameLabel,
      scope.callers.map((caller) => caller.name),
    ),
    ...place,
  ].join(',');
}

function isOneOf(label: string, values: readonly string[]): string {
  return `${label}=~${promqlString([...new Set(values.map(escapeRegex))].join('|'))}`;
}

/** The call that a series of `callsQuery` tells of; null for one that names no callee. */
export function measuredCall(labels: Labels): MeasuredCall | null {
  return meshCall(labels) ?? tracedCall(labels) ?? queueCall(labels) ?? clientCall(labels);
}

function meshCall(labels: Labels): MeasuredCall | null {
  const { source_workload: istioCaller, source_workload_namespace: place, deployment, namespace } = labels;
  if (istioCaller && place) {
    const { destination_workload: name, destination_workload_namespace: where } = labels;
    if (!name || !where || name === 'unknown' || istioCaller === 'unknown') return null;
    return { kind: 'request', source: 'mesh', from: workload(place, istioCaller), to: workload(where, name) };
  }
  if (!deployment || !namespace || !labels.dst_deployment) return null;
  const to = workload(labels.dst_namespace ?? '', labels.dst_deployment);
  return { kind: 'request', source: 'mesh', from: workload(namespace, deployment), to };
}

function tracedCall({ client, server, connection_type: type }: Labels): MeasuredCall | null {
  if (!client || !server) return null;
  // A virtual node is a peer that sent no spans: its name is an address.
  const to = type === 'database' || type === 'virtual_node' ? address(server, '') : workload('', server);
  const kind = type === 'database' ? 'database' : type === 'messaging_system' ? 'queue' : 'request';
  return { kind, source: 'traces', from: workload('', client), to };
}

function queueCall(labels: Labels): MeasuredCall | null {
  const product = labels.messaging_system ?? '';
  const name = labels.messaging_destination_name || labels.messaging_destination || product;
  if (!name) return null;
  return { kind: 'queue', source: 'queue-metrics', from: { by: 'place' }, to: { by: 'queue', name, product } };
}

function clientCall(labels: Labels): MeasuredCall | null {
  const host = ADDRESS_LABELS.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
  if (host === undefined) return null;
  const product = DATABASE_LABELS.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
  if (product === undefined)
    return { kind: 'request', source: 'client-metrics', from: { by: 'place' }, to: address(host, '') };
  return { kind: 'database', source: 'database-metrics', from: { by: 'place' }, to: address(host, product) };
}

function workload(namespace: string, name: string) {
  return { by: 'workload', namespace, name } as const;
}

function address(host: string, product: string) {
  return { by: 'address', address: host, product } as const;
}
