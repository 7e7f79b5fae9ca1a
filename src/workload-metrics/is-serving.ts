import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';

/** Whether a Service leads to the workload: somebody may wait for its answers. A Job has an end, and answers nobody. */
export function isServing(
  workload: Pick<WorkloadView, 'subject' | 'selector'>,
  cluster: Pick<ClusterReader, 'services' | 'podsOf'>,
): boolean {
  if (workload.subject.kind === 'Job') return false;
  const [pod] = cluster.podsOf(workload.subject);
  const labels = pod?.labels ?? workload.selector;
  return cluster.services(workload.subject.namespace).some(({ selector }) => {
    const wanted = Object.entries(selector);
    return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
  });
}
