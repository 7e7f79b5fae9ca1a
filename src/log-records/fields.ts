/** Text fields of a record that documents name in many ways, the most trusted name first. */
export const FIELD_NAMES = {
  time: ['@timestamp', 'timestamp', 'time', 'ts', 'observed_timestamp', 'event.created', 'date'],
  ingested: ['event.ingested'],
  message: [
    'message',
    'body.text',
    'body',
    'msg',
    'log',
    'event.original',
    'MESSAGE',
    'short_message',
    'error.message',
    'exception.message',
    'err.message',
  ],
  level: [
    'log.level',
    'severity_text',
    'level',
    'severity',
    'loglevel',
    'levelname',
    'log.severity',
    'severity_number',
  ],
  namespace: [
    'kubernetes.namespace',
    'k8s.namespace.name',
    'kubernetes.namespace_name',
    'kubernetes.pod_namespace',
    'kubernetes.namespace.name',
    'orchestrator.namespace',
  ],
  pod: ['kubernetes.pod.name', 'k8s.pod.name', 'kubernetes.pod_name', 'kubernetes.pod'],
  container: ['kubernetes.container.name', 'k8s.container.name', 'kubernetes.container_name', 'container.name'],
  service: [
    'service.name',
    'kubernetes.labels.app_kubernetes_io/name',
    'kubernetes.labels.app.kubernetes.io/name',
    'kubernetes.deployment.name',
    'k8s.deployment.name',
    'kubernetes.labels.app',
    'service',
    'app',
  ],
  release: [
    'service.version',
    'kubernetes.labels.app_kubernetes_io/version',
    'kubernetes.labels.app.kubernetes.io/version',
    'release',
    'version',
  ],
  route: ['http.route', 'route', 'url.path', 'http.target', 'url.original', 'req.url', 'path'],
  status: ['http.response.status_code', 'http.status_code', 'status_code', 'statusCode', 'res.statusCode', 'status'],
  trace: ['trace.id', 'trace_id', 'traceId', 'traceid', 'dd.trace_id'],
  exception: ['error.type', 'exception.type', 'exception.class', 'err.type', 'err.name', 'error.name'],
  stack: ['error.stack_trace', 'exception.stacktrace', 'err.stack', 'stack_trace', 'error.stack', 'stack'],
} as const;
export type FieldName = keyof typeof FIELD_NAMES;

export const FIELDS = Object.keys(FIELD_NAMES) as readonly FieldName[];
export const FIELD_NUMBER = Object.fromEntries(FIELDS.map((field, number) => [field, number])) as Readonly<
  Record<FieldName, number>
>;

/** OpenTelemetry keeps what ECS has at the top in one of these. */
const PREFIXES = ['', 'attributes.', 'resource.attributes.', 'resource.'] as const;

/** A step on the way to known fields: through nested objects and dotted keys alike. */
export interface FieldNode {
  readonly next: Map<string, FieldNode>;
  /** The numbers of the fields that a value here belongs to, with the rank of this name among theirs. */
  readonly ends: { readonly field: number; readonly rank: number }[];
}

/** Built once: a Map, so that no key of a document can reach a prototype. */
export const FIELD_TREE: FieldNode = buildTree();

function buildTree(): FieldNode {
  const root: FieldNode = { next: new Map(), ends: [] };
  for (const [field, names] of Object.entries(FIELD_NAMES) as [FieldName, readonly string[]][]) {
    PREFIXES.forEach((prefix, prefixRank) => {
      names.forEach((name, rank) => {
        nodeAt(root, `${prefix}${name}`).ends.push({
          field: FIELD_NUMBER[field],
          rank: rank * PREFIXES.length + prefixRank,
        });
      });
    });
  }
  return root;
}

function nodeAt(root: FieldNode, path: string): FieldNode {
  let node = root;
  for (const step of path.split('.')) {
    let next = node.next.get(step);
    if (next === undefined) {
      next = { next: new Map(), ends: [] };
      node.next.set(step, next);
    }
    node = next;
  }
  return node;
}
