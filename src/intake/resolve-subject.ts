import { subjectName } from '../domain/subject.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import { EXPORTED_POD_LABELS, KIND_LABELS, LOOSE_LABELS, NAMESPACE_LABELS, POD_LABELS } from './subject-labels.ts';

const WORKLOAD_KINDS: Readonly<Record<string, string>> = {
  deployment: 'Deployment',
  statefulset: 'StatefulSet',
  daemonset: 'DaemonSet',
};

type Labels = Readonly<Record<string, string>>;
type Cluster = Pick<
  ClusterReader,
  'workload' | 'workloadOfPod' | 'workloadOfGonePod' | 'workloads' | 'services' | 'podsOf'
>;

/**
 * The workload that the labels are about, as the cluster knows it; null when they name none that is there, or more than one. A label alone
 * proves nothing: every name is looked up, and a pod is followed through its owners.
 */
export function resolveSubject(labels: Labels, cluster: Cluster): WorkloadView | null {
  const namespace = firstOf(labels, NAMESPACE_LABELS);
  if (namespace === undefined) return null;
  return (
    byPod(labels, EXPORTED_POD_LABELS, namespace, cluster) ??
    byKind(labels, namespace, cluster) ??
    byPod(labels, POD_LABELS, namespace, cluster) ??
    byLooseName(labels, namespace, cluster)
  );
}

function firstOf(labels: Labels, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

function byPod(labels: Labels, names: readonly string[], namespace: string, cluster: Cluster): WorkloadView | null {
  const pod = firstOf(labels, names);
  if (pod === undefined) return null;
  // Alerts go on about the pods of before for minutes after a rollout, which may be Hale's own.
  return cluster.workloadOfPod(namespace, pod) ?? cluster.workloadOfGonePod(namespace, pod);
}

function byKind(labels: Labels, namespace: string, cluster: Cluster): WorkloadView | null {
  for (const [label, kind] of KIND_LABELS) {
    const name = labels[label];
    const found = name === undefined || name === '' ? null : cluster.workload({ namespace, kind, name });
    if (found !== null) return found;
  }
  const name = labels['workload'];
  if (name === undefined || name === '') return null;
  const kind = WORKLOAD_KINDS[(labels['workload_type'] ?? '').toLowerCase()];
  if (kind !== undefined) return cluster.workload({ namespace, kind, name });
  return onlyOne(cluster.workloads(namespace).filter(({ subject }) => subject.name === name));
}

/** By labels that may mean many things: only when all that they can mean is one workload. */
function byLooseName(labels: Labels, namespace: string, cluster: Cluster): WorkloadView | null {
  const names = new Set(LOOSE_LABELS.flatMap((label) => labels[label] ?? []).filter((name) => name !== ''));
  if (names.size === 0) return null;
  const workloads = cluster.workloads(namespace);
  const selectors = cluster
    .services(namespace)
    .filter(({ name, selector }) => names.has(name) && Object.keys(selector).length > 0)
    .map(({ selector }) => selector);
  return onlyOne(
    workloads.filter(
      (workload) =>
        names.has(workload.subject.name) || selectors.some((selector) => selects(selector, workload, cluster)),
    ),
  );
}

function selects(selector: Labels, workload: WorkloadView, cluster: Cluster): boolean {
  const within = (labels: Labels): boolean => Object.entries(selector).every(([name, value]) => labels[name] === value);
  return within(workload.selector) || cluster.podsOf(workload.subject).some(({ labels }) => within(labels));
}

function onlyOne(workloads: readonly WorkloadView[]): WorkloadView | null {
  const [first] = workloads;
  return first !== undefined && workloads.length === 1 ? first : null;
}

/** How an alert is called in a title: its name, and what it is about. */
export function titleOf(name: string, workload: WorkloadView | null): string {
  const alert = name === '' ? 'an alert without a name' : name;
  return workload === null ? `${alert} (no workload resolved)` : `${alert} on ${subjectName(workload.subject)}`;
}
