import type { Subject } from '../domain/subject.ts';
import {
  escapeRegex,
  isSeriesOf,
  PLACE_LABEL_NAMES,
  promqlString,
  workloadMatchers,
} from '../domain/workload-series.ts';

/**
 * Counters of calls that name the server: OpenTelemetry's HTTP and RPC clients, now and before 1.21, in all their Prometheus forms;
 * Micrometer's clients; the habits of prom-client users.
 */
const CLIENT_NAMES =
  '(http[._]client([._]requests?)?[._]duration|http_client_requests|rpc[._]client([._]call)?[._]duration)(_seconds|_milliseconds|_ms)?_(count|total)';
const ADDRESS_LABELS = ['server_address', 'net_peer_name', 'client_name', 'clientName', 'peer_service'] as const;

type NamedObject = Pick<Subject, 'kind' | 'namespace' | 'name'>;

/** What one series says: who calls, and whom. */
export type Call =
  | { readonly by: 'address'; readonly from: NamedObject; readonly address: string }
  | { readonly by: 'workload'; readonly from: NamedObject; readonly namespace: string; readonly name: string };

/** One query for the calls of all these workloads: client metrics, and those that Istio's proxies and service graphs keep. */
export function callsQuery(callers: readonly NamedObject[]): string {
  const names = callers.map((caller) => escapeRegex(caller.name)).join('|');
  const namespaces = [...new Set(callers.map((caller) => escapeRegex(caller.namespace)))].join('|');
  const keep = [...PLACE_LABEL_NAMES, ...ADDRESS_LABELS].join(', ');
  const clients = workloadMatchers(callers).map(
    (place) => `count by (${keep}) ({__name__=~${promqlString(CLIENT_NAMES)},${place}})`,
  );
  // One reporter only, or each call is there twice; the source knows of calls that never arrived.
  const istio = `count by (source_workload, source_workload_namespace, destination_workload, destination_workload_namespace) (istio_requests_total{reporter="source",source_workload=~${promqlString(names)},source_workload_namespace=~${promqlString(namespaces)}})`;
  const graph = `count by (client, server) (traces_service_graph_request_total{client=~${promqlString(names)},connection_type!~"database|virtual_node"})`;
  return [...clients, istio, graph].join('\nor ');
}

/** The calls that one series tells of; several when callers share a name. */
export function callsOf(labels: Readonly<Record<string, string>>, callers: readonly NamedObject[]): readonly Call[] {
  if (labels.source_workload !== undefined) {
    const { destination_workload: name, destination_workload_namespace: namespace } = labels;
    if (!name || !namespace || name === 'unknown') return [];
    return callers
      .filter(
        (caller) => caller.name === labels.source_workload && caller.namespace === labels.source_workload_namespace,
      )
      .map((from) => ({ by: 'workload', from, namespace, name }));
  }
  if (labels.client !== undefined && labels.server !== undefined) {
    const { client, server } = labels;
    // Service graphs know no namespaces: the server is looked for beside the caller.
    return callers
      .filter((caller) => caller.name === client)
      .map((from) => ({ by: 'workload', from, namespace: from.namespace, name: server }));
  }
  const address = ADDRESS_LABELS.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
  if (address === undefined) return [];
  return callers.filter((caller) => isSeriesOf(caller, labels)).map((from) => ({ by: 'address', from, address }));
}
