import type { Metadata } from '../prometheus/api.ts';

function entry(name: string, type: Metadata['type'], help: string): [string, Metadata] {
  return [name, { type, help, unit: '' }];
}

/** Type and help of every metric of the shop, as a scrape would have told. */
export const METADATA: ReadonlyMap<string, Metadata> = new Map([
  entry('http_request_duration_seconds', 'histogram', 'Duration of requests that this service answered.'),
  entry('http_client_request_duration_seconds', 'histogram', 'Duration of requests that this service made.'),
  entry('db_client_connection_count', 'gauge', 'Connections of the pool by state.'),
  entry('db_client_connection_max', 'gauge', 'Most connections that the pool may open.'),
  entry('db_client_connection_pending_requests', 'gauge', 'Requests that wait for a connection.'),
  entry('db_client_connection_timeouts_total', 'counter', 'Requests that waited for a connection in vain.'),
  entry('db_client_errors_total', 'counter', 'Errors of the database by SQLSTATE.'),
  entry('pg_up', 'gauge', 'Whether the last scrape could reach the server.'),
  entry('pg_stat_activity_count', 'gauge', 'Connections by database, user and state.'),
  entry('pg_settings_max_connections', 'gauge', 'Most connections that the server takes.'),
  entry('pg_settings_superuser_reserved_connections', 'gauge', 'Connections kept for superusers.'),
  entry('kube_deployment_spec_replicas', 'gauge', 'Desired pods.'),
  entry('kube_deployment_status_replicas', 'gauge', 'Pods.'),
  entry('kube_deployment_status_replicas_ready', 'gauge', 'Ready pods.'),
  entry('kube_deployment_status_replicas_available', 'gauge', 'Available pods.'),
  entry('kube_pod_owner', 'gauge', 'The owner of a pod.'),
  entry('up', 'gauge', 'Whether the last scrape succeeded.'),
]);
