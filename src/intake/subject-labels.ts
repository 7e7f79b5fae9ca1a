/*
 * Which labels may name a workload. `exported_*` is what Prometheus calls a label of the metric itself when the scrape target has one of the
 * same name: it is about the thing measured, the other about the exporter. OpenTelemetry's and kubernetes-mixin's spellings are read too.
 */
export const NAMESPACE_LABELS = [
  'exported_namespace',
  'namespace',
  'k8s_namespace_name',
  'kubernetes_namespace',
] as const;
export const EXPORTED_POD_LABELS = ['exported_pod'] as const;
export const POD_LABELS = ['pod', 'pod_name', 'k8s_pod_name', 'kubernetes_pod_name'] as const;
export const KIND_LABELS = [
  ['exported_deployment', 'Deployment'],
  ['deployment', 'Deployment'],
  ['k8s_deployment_name', 'Deployment'],
  ['exported_statefulset', 'StatefulSet'],
  ['statefulset', 'StatefulSet'],
  ['k8s_statefulset_name', 'StatefulSet'],
  ['exported_daemonset', 'DaemonSet'],
  ['daemonset', 'DaemonSet'],
  ['k8s_daemonset_name', 'DaemonSet'],
] as const;
export const LOOSE_LABELS = ['exported_service', 'service', 'app', 'app_kubernetes_io_name', 'service_name'] as const;

/** All that `resolveSubject` reads. */
const RESOLVING: ReadonlySet<string> = new Set([
  ...NAMESPACE_LABELS,
  ...EXPORTED_POD_LABELS,
  ...POD_LABELS,
  ...KIND_LABELS.map(([label]) => label),
  ...LOOSE_LABELS,
  'workload',
  'workload_type',
]);

/** Labels that are kept as sent, for they say what the signal is about. */
export const SUBJECT_LABELS: ReadonlySet<string> = new Set([...RESOLVING, 'instance', 'job', 'container', 'node']);

/** Those labels that may resolve to a workload, as sent, in JSON: alerts of the same text are about the same. */
export function aboutOf(labels: Readonly<Record<string, string>>): string {
  const about: Record<string, string> = {};
  for (const name of Object.keys(labels)) if (RESOLVING.has(name)) about[name] = labels[name] ?? '';
  return JSON.stringify(about);
}
