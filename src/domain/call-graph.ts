import { z } from 'zod';
import { Instant } from './instant.ts';
import { Subject } from './subject.ts';

/** Closed list of what stands at an end of a call, with an example each. */
export const NODE_KINDS = {
  workload: 'Deployment shop/orders: known to Kubernetes',
  database: 'postgresql at db.example.net: seen by its clients only',
  queue: 'kafka topic orders: seen by its producers and consumers only',
  external: 'api.payments.example: a host outside of the cluster',
} as const;

/** Closed list of how something is called. */
export const CALL_KINDS = {
  request: 'web asks orders by HTTP or RPC',
  database: 'orders queries postgres',
  queue: 'orders publishes to, or takes from, a queue',
} as const;

/** Closed list of where a call is known from; surest first. `environment` and `catalogue` say what is configured, not what happens. */
export const CALL_SOURCES = {
  'client-metrics': 'http_client_request_duration_seconds_count{server_address="orders"}',
  mesh: 'istio_requests_total{source_workload="web",destination_workload="orders"}',
  traces: 'traces_service_graph_request_total{client="web",server="orders"}',
  'database-metrics': 'db_client_operation_duration_seconds_count{server_address="postgres"}',
  'queue-metrics': 'messaging_client_operation_duration_seconds_count{messaging_destination_name="orders"}',
  environment: 'ORDERS_URL=http://orders:8080 in the container of web',
  catalogue: 'catalogue.calls of the configuration: from shop/web to shop/orders',
} as const;

function namesOf<T extends Record<string, string>>(list: T) {
  return z.enum(Object.keys(list) as [keyof T & string, ...(keyof T & string)[]]);
}
export const NodeKind = namesOf(NODE_KINDS);
export type NodeKind = z.infer<typeof NodeKind>;
export const CallKind = namesOf(CALL_KINDS);
export type CallKind = z.infer<typeof CallKind>;
export const CallSource = namesOf(CALL_SOURCES);
export type CallSource = z.infer<typeof CallSource>;

export const CallNode = z.object({
  /** Stable: `Deployment shop/orders`, `database db.example.net`. */
  id: z.string().min(1),
  kind: NodeKind,
  name: z.string().min(1),
  /** The workload, where Kubernetes knows it. */
  subject: Subject.nullable(),
});
export type CallNode = z.infer<typeof CallNode>;

/** One direction: `from` calls, and waits for, `to`. Both are ids of nodes. */
export const CallEdge = z.object({
  from: z.string().min(1),
  to: z.string().min(1),
  kind: CallKind,
  sources: z.array(CallSource).min(1),
  /** Whether a counter of this call is exported now; false where only configuration tells of it. */
  live: z.boolean(),
  /** Whether it was an hour before as well; null where nobody can tell. A call that is new is a change. */
  hourAgo: z.boolean().nullable(),
});
export type CallEdge = z.infer<typeof CallEdge>;

/** Who calls whom, as far as it is known at one moment. */
export const CallGraph = z.object({
  at: Instant,
  nodes: z.array(CallNode),
  edges: z.array(CallEdge),
  /** What could not be read or was left out, in words. */
  notices: z.array(z.string()),
});
export type CallGraph = z.infer<typeof CallGraph>;
