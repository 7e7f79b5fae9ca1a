import type { Subject } from './subject.ts';

/**
 * How series say which pod they come from: relabelling of kubernetes_sd, the same where the exporter has such labels itself
 * (honor_labels off), OpenTelemetry's resource attributes, and the example configuration of older Prometheus releases.
 */
const PLACE_LABELS = [
  { namespace: 'exported_namespace', pod: 'exported_pod' },
  { namespace: 'k8s_namespace_name', pod: 'k8s_pod_name' },
  { namespace: 'namespace', pod: 'pod' },
  { namespace: 'kubernetes_namespace', pod: 'kubernetes_pod_name' },
] as const;

/** Resource attributes of OpenTelemetry that name a workload where the pod is not promoted to a label. */
const OTEL_WORKLOAD_LABELS: Readonly<Record<string, string>> = {
  Deployment: 'k8s_deployment_name',
  StatefulSet: 'k8s_statefulset_name',
  DaemonSet: 'k8s_daemonset_name',
};

/** Every label that may name a namespace, a pod or a workload: what an aggregation has to keep so that `isSeriesOf` can tell. */
export const PLACE_LABEL_NAMES: readonly string[] = [
  ...PLACE_LABELS.flatMap((labels) => [labels.namespace, labels.pod]),
  ...Object.values(OTEL_WORKLOAD_LABELS),
];

/** Labels that may name the namespace of a series. */
export const NAMESPACE_LABELS: readonly string[] = PLACE_LABELS.map(({ namespace }) => namespace);

type Labels = Readonly<Record<string, string>>;

/** The namespace that the labels of a series or an alert name; null when none does. */
export function namespaceOf(labels: Labels): string | null {
  return NAMESPACE_LABELS.map((label) => labels[label] ?? '').find((value) => value !== '') ?? null;
}
type NamedObject = Pick<Subject, 'kind' | 'namespace' | 'name'>;

// Names of pods that are generated from a prefix: the prefix is cut to 58 characters, 5 random ones follow (k8s.io/apiserver, names/generate.go).
const MAX_GENERATED_PREFIX = 58;
const RANDOM_SUFFIX = '[a-z0-9]{5}';
/** Longest pod-template-hash: an unsigned 32-bit number in decimal digits, re-coded digit by digit. */
const MAX_HASH_LENGTH = 10;

/** Text as a literal inside an RE2 regular expression. */
export function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Text as a PromQL string in double quotes. */
export function promqlString(text: string): string {
  return `"${text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`;
}

/** RE2 pattern of the names that pods of a workload have, to be anchored at both ends (PromQL does so by itself). */
export function podPattern({ kind, name }: Pick<Subject, 'kind' | 'name'>): string {
  switch (kind) {
    case 'Pod':
      return escapeRegex(name);
    case 'StatefulSet':
      return `${escapeRegex(name)}-[0-9]+`;
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'ReplicationController':
    case 'Job':
      return `${escapeRegex(`${name}-`.slice(0, MAX_GENERATED_PREFIX))}${RANDOM_SUFFIX}`;
    default:
      // Deployment, and kinds that stand in for it (Argo Rollouts): through a ReplicaSet named by its template's hash.
      return deploymentPodPattern(name);
  }
}

function deploymentPodPattern(name: string): string {
  const room = MAX_GENERATED_PREFIX - name.length - 1;
  if (room <= 0) return `${escapeRegex(`${name}-`.slice(0, MAX_GENERATED_PREFIX))}${RANDOM_SUFFIX}`;
  if (room > MAX_HASH_LENGTH) return `${escapeRegex(name)}-[a-z0-9]{1,${MAX_HASH_LENGTH}}-${RANDOM_SUFFIX}`;
  return `${escapeRegex(name)}-[a-z0-9]{1,${room}}-?${RANDOM_SUFFIX}`;
}

/**
 * Label matchers (the inside of braces) under which series of these workloads can be found, one for each way of labelling.
 * Names come from Kubernetes and are escaped; never pass text of an alert. For several workloads the matchers may catch a few series
 * too many: check each with `isSeriesOf`.
 */
export function workloadMatchers(objects: readonly NamedObject[]): readonly string[] {
  const namespaces = [...new Set(objects.map((object) => object.namespace))];
  const namespaceIs = (label: string) =>
    namespaces.length === 1
      ? `${label}=${promqlString(namespaces[0] ?? '')}`
      : `${label}=~${promqlString(namespaces.map(escapeRegex).join('|'))}`;
  const pods = promqlString([...new Set(objects.map(podPattern))].join('|'));
  const byPod = PLACE_LABELS.map((labels) => `${namespaceIs(labels.namespace)},${labels.pod}=~${pods}`);
  const byWorkload = Object.entries(OTEL_WORKLOAD_LABELS).flatMap(([kind, label]) => {
    const names = objects.filter((object) => object.kind === kind).map((object) => escapeRegex(object.name));
    if (names.length === 0) return [];
    return [`${namespaceIs('k8s_namespace_name')},k8s_pod_name="",${label}=~${promqlString(names.join('|'))}`];
  });
  return [...byPod, ...byWorkload];
}

/** Namespace and pod that a series is about; a pod may be unknown where only the workload is named. */
export function placeOf(labels: Labels): { namespace: string; pod: string } | null {
  const used = placeLabelsOf(labels);
  return used ? { namespace: labels[used.namespace] ?? '', pod: labels[used.pod] ?? '' } : null;
}

function placeLabelsOf(labels: Labels): (typeof PLACE_LABELS)[number] | undefined {
  return PLACE_LABELS.find(({ namespace, pod }) => (labels[namespace] ?? '') !== '' && (labels[pod] ?? '') !== '');
}

/** The workload that a series names itself, where it names no pod: OpenTelemetry's resource attributes. */
export function workloadNamedBy(labels: Labels): NamedObject | null {
  const namespace = labels.k8s_namespace_name;
  if (!namespace) return null;
  for (const [kind, label] of Object.entries(OTEL_WORKLOAD_LABELS)) {
    const name = labels[label];
    if (name) return { kind, namespace, name };
  }
  return null;
}

/** Whether a series is about a pod of this workload, by its labels. */
export function isSeriesOf(object: NamedObject, labels: Labels): boolean {
  return matchersLike(object, labels) !== null;
}

/** The matchers that find the series of this workload that are labelled as this one is; null when this one is not of it. */
export function matchersLike(object: NamedObject, labels: Labels): string | null {
  const used = placeLabelsOf(labels);
  if (used) {
    const pattern = podPattern(object);
    const isOwn =
      labels[used.namespace] === object.namespace && new RegExp(`^(?:${pattern})$`).test(labels[used.pod] ?? '');
    return isOwn ? `${used.namespace}=${promqlString(object.namespace)},${used.pod}=~${promqlString(pattern)}` : null;
  }
  const label = OTEL_WORKLOAD_LABELS[object.kind];
  if (label === undefined || labels.k8s_namespace_name !== object.namespace || labels[label] !== object.name)
    return null;
  return `k8s_namespace_name=${promqlString(object.namespace)},k8s_pod_name="",${label}=${promqlString(object.name)}`;
}
