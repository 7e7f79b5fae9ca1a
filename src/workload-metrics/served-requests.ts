import type { Subject } from '../domain/subject.ts';
import { promqlString } from '../domain/workload-series.ts';

/** One naming of the duration of served requests. */
export interface ServerFamily {
  /** Name without `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  /** How many of the metric's unit make a second. */
  readonly unitsPerSecond: number;
  /** Further matchers. */
  readonly only?: string;
  /** Matchers of requests that the server failed, one for each label that may say so. */
  readonly failed: readonly string[];
  /** The counter that the failed ones are counted by, where the durations do not tell. */
  readonly failedBy?: { readonly name: string; readonly matchers: string };
  /** Matchers that find the workload, where its series carry names of their own. */
  readonly place?: (subject: Subject) => string;
  /** The labels that name namespace and workload, where the series carry names of their own. */
  readonly placedBy?: { readonly namespace: string; readonly kinds: Readonly<Record<string, string>> };
}

const MS = 1000;
const OTEL_FAILED = ['http_response_status_code=~"5.."'];
/** What users of prom-client call it. */
const HABITS_FAILED = ['status_code=~"5.."', 'code=~"5.."', 'status=~"5.."'];

/**
 * Every naming that is understood, the most exact first. OpenTelemetry now (seconds; its JavaScript exporter adds no unit; Prometheus may
 * keep dots), habits of prom-client users, Micrometer, OpenTelemetry before 1.21 (milliseconds), RPC, Istio, Linkerd.
 */
export const SERVER_FAMILIES: readonly ServerFamily[] = [
  { name: 'http_server_request_duration_seconds', unitsPerSecond: 1, failed: OTEL_FAILED },
  { name: 'http_server_request_duration', unitsPerSecond: 1, failed: OTEL_FAILED },
  {
    name: 'http.server.request.duration',
    unitsPerSecond: 1,
    failed: [...OTEL_FAILED, '"http.response.status_code"=~"5.."'],
  },
  {
    name: 'http.server.request.duration_seconds',
    unitsPerSecond: 1,
    failed: [...OTEL_FAILED, '"http.response.status_code"=~"5.."'],
  },
  { name: 'http_request_duration_seconds', unitsPerSecond: 1, failed: HABITS_FAILED },
  { name: 'http_server_requests_seconds', unitsPerSecond: 1, failed: ['status=~"5.."'] },
  { name: 'http_server_duration_milliseconds', unitsPerSecond: MS, failed: ['http_status_code=~"5.."'] },
  { name: 'http_server_duration', unitsPerSecond: MS, failed: ['http_status_code=~"5.."'] },
  { name: 'http_request_duration_milliseconds', unitsPerSecond: MS, failed: HABITS_FAILED },
  { name: 'http_request_duration_ms', unitsPerSecond: MS, failed: HABITS_FAILED },
  { name: 'rpc_server_call_duration_seconds', unitsPerSecond: 1, failed: ['error_type!=""'] },
  {
    name: 'rpc_server_duration_milliseconds',
    unitsPerSecond: MS,
    failed: ['rpc_grpc_status_code=~"2|4|13|14|15"'],
  },
  {
    name: 'grpc_server_handling_seconds',
    unitsPerSecond: 1,
    failed: [],
    failedBy: {
      name: 'grpc_server_handled_total',
      matchers: 'grpc_code=~"Unknown|DeadlineExceeded|ResourceExhausted|Internal|Unavailable|DataLoss"',
    },
  },
  {
    name: 'istio_request_duration_milliseconds',
    unitsPerSecond: MS,
    only: 'reporter="destination"',
    failed: ['response_code=~"5..|0"'],
    placedBy: { namespace: 'destination_workload_namespace', kinds: { '': 'destination_workload' } },
    place: ({ namespace, name }) =>
      `destination_workload_namespace=${promqlString(namespace)},destination_workload=${promqlString(name)}`,
  },
  {
    name: 'response_latency_ms',
    unitsPerSecond: MS,
    only: 'direction="inbound"',
    failed: ['status_code=~"5.."'],
    // gRPC fails with status 200: Linkerd's own verdict knows that.
    failedBy: { name: 'response_total', matchers: 'direction="inbound",classification="failure"' },
    placedBy: {
      namespace: 'namespace',
      kinds: { Deployment: 'deployment', StatefulSet: 'statefulset', DaemonSet: 'daemonset' },
    },
    place: ({ namespace, name, kind }) =>
      `namespace=${promqlString(namespace)},${kind.toLowerCase()}=${promqlString(name)}`,
  },
];

/** Those that the process itself measures, under the labels of its pod. */
export const OWN_FAMILIES: readonly ServerFamily[] = SERVER_FAMILIES.filter(({ placedBy }) => placedBy === undefined);

/** A proxy in front of workloads, which names the Service that it asks. */
export interface ProxyFamily extends Omit<ServerFamily, 'place' | 'placedBy'> {
  /** Labels that tell the Service. */
  readonly labels: readonly string[];
  /** The addresses that they may mean, the likeliest first; a namespace alone is none. */
  readonly addressesIn: (
    labels: Readonly<Record<string, string>>,
  ) => readonly { readonly namespace: string; readonly address: string }[];
}

/** Namings of ingress controllers and of Envoy, for workloads that measure nothing themselves: ingress-nginx, Traefik, Envoy as Istio and Contour name its clusters. */
export const PROXY_FAMILIES: readonly ProxyFamily[] = [
  {
    name: 'nginx_ingress_controller_request_duration_seconds',
    unitsPerSecond: 1,
    failed: ['status=~"5.."'],
    labels: ['exported_namespace', 'exported_service', 'namespace', 'service'],
    addressesIn: ({ exported_namespace: asked, exported_service: of, namespace = '', service = '' }) =>
      // Prometheus gives the controller's own place the short names where it does not honour labels.
      asked && of ? [{ namespace: asked, address: of }] : service === '' ? [] : [{ namespace, address: service }],
  },
  {
    name: 'traefik_service_request_duration_seconds',
    unitsPerSecond: 1,
    failed: ['code=~"5.."'],
    labels: ['exported_service', 'service'],
    addressesIn: (labels) => traefikAddresses(labels['exported_service'] || (labels['service'] ?? '')),
  },
  {
    name: 'envoy_cluster_upstream_rq_time',
    unitsPerSecond: MS,
    failed: [],
    failedBy: { name: 'envoy_cluster_upstream_rq_xx', matchers: 'envoy_response_code_class="5"' },
    labels: ['envoy_cluster_name'],
    addressesIn: ({ envoy_cluster_name: name = '' }) => envoyAddresses(name),
  },
];

/** `NAMESPACE-SERVICE-PORT@kubernetes`: names hold dashes themselves, so that every place of the first one may be meant. */
function traefikAddresses(name: string): { namespace: string; address: string }[] {
  const [written = '', provider = ''] = name.split('@');
  if (!provider.startsWith('kubernetes')) return [];
  const words = written.split('-');
  const service = words.length - 1;
  return Array.from({ length: Math.max(0, service - 1) }, (_, index) => ({
    namespace: words.slice(0, index + 1).join('-'),
    address: words.slice(index + 1, service).join('-'),
  }));
}

/** `outbound|PORT|SUBSET|HOST` of Istio, `NAMESPACE/SERVICE/PORT/HASH` of Contour. */
function envoyAddresses(name: string): { namespace: string; address: string }[] {
  const istio = name.split('|');
  if (istio.length === 4 && istio[0] === 'outbound') {
    const [service = '', namespace = ''] = (istio[3] ?? '').split('.');
    return namespace === '' ? [] : [{ namespace, address: service }];
  }
  const [namespace = '', service = '', port] = name.split('/');
  return port === undefined ? [] : [{ namespace, address: service }];
}
