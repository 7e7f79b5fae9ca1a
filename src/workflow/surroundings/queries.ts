import type { Subject } from '../../domain/subject.ts';
import { PLACE_LABEL_NAMES, promqlString, workloadMatchers } from '../../domain/workload-series.ts';

/** Sums and counts of the duration of served requests: OpenTelemetry now and before 1.21, Micrometer, habits of prom-client users, gRPC. */
const DURATIONS =
  '(http[._]server[._](request[._])?duration([._](seconds|milliseconds))?|http_request_duration_(seconds|milliseconds|ms)|http_server_requests_seconds|rpc[._]server[._](call[._])?duration([._](seconds|milliseconds))?|grpc_server_handling_seconds)_(sum|count)';
const RESOURCES = 'container_cpu_usage_seconds_total|container_memory_working_set_bytes';

/** Labels under which these say how a request ended. */
export const STATUS_LABELS = [
  'http_response_status_code',
  'http_status_code',
  'status_code',
  'status',
  'code',
  'outcome',
] as const;

/** Raw counters by pod: rates are taken afterwards, for a rate has no name any more. One query whatever the number of workloads. */
export function requestsQuery(subjects: readonly Subject[]): string {
  return query(subjects, DURATIONS, '', STATUS_LABELS);
}

/** The pause container and the sums over a pod are no containers of a workload. */
export function resourcesQuery(subjects: readonly Subject[]): string {
  return query(subjects, RESOURCES, 'container!="",container!="POD",', []);
}

function query(subjects: readonly Subject[], names: string, only: string, more: readonly string[]): string {
  const keep = ['__name__', ...PLACE_LABEL_NAMES, ...more].join(', ');
  return workloadMatchers(subjects)
    .map((place) => `sum by (${keep}) ({__name__=~${promqlString(names)},${only}${place}})`)
    .join('\nor ');
}
