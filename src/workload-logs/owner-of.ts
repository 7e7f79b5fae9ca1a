import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { LogOwner } from '../ports/log-counts.ts';

const NAME_LABELS = ['app.kubernetes.io/name', 'app', 'k8s-app'] as const;

/**
 * The names under which the log events of a workload are counted: its own, those of its labels, and of Services that pick its pods; a name
 * that another workload of the namespace goes by as well is nobody's, unless it is its very own.
 */
export function ownerOf(
  { subject, labels, selector }: Pick<WorkloadView, 'subject' | 'labels' | 'selector'>,
  cluster: Pick<ClusterReader, 'workloads' | 'services'>,
): LogOwner {
  const others = cluster.workloads(subject.namespace).filter((other) => other.subject.uid !== subject.uid);
  const taken = new Set(others.flatMap((other) => [other.subject.name, ...labelled(other.labels, other.selector)]));
  const serving = cluster
    .services(subject.namespace)
    .filter((service) => picks(service.selector, selector))
    .map(({ name }) => name);
  const also = [...labelled(labels, selector), ...serving].filter((name) => !taken.has(name));
  const everywhere = cluster.workloads().filter((other) => other.subject.name === subject.name);
  return {
    namespace: subject.namespace,
    services: [...new Set([subject.name, ...also])],
    alsoWithoutNamespace: everywhere.every((other) => other.subject.uid === subject.uid),
  };
}

type Labels = Readonly<Record<string, string>>;

function labelled(labels: Labels, selector: Labels): string[] {
  return NAME_LABELS.flatMap((label) => [labels[label], selector[label]]).filter((name) => name !== undefined);
}

/** Whether a Service of this selector picks the pods: an empty one picks none. */
function picks(of: Labels, pods: Labels): boolean {
  const wanted = Object.entries(of);
  return wanted.length > 0 && wanted.every(([label, value]) => pods[label] === value);
}
