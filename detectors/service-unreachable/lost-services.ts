import type { ClusterReader, ServiceView, WorkloadView } from '../../src/ports/cluster.ts';

/** A Service that selects no pod at all, and the workload that it was meant for. */
export interface LostService {
  readonly service: ServiceView;
  readonly workload: WorkloadView;
  /** Labels of the selector that the workload's pods have otherwise, or not at all. */
  readonly wrong: readonly { readonly label: string; readonly selects: string; readonly has: string | null }[];
}

type Cluster = Pick<ClusterReader, 'workloads' | 'podsOf' | 'services'>;

/**
 * Services of a namespace whose selector picks no pod, of any workload, while the workload of the Service's own name has pods that are ready. Without such a
 * workload it may be meant to be empty: a preview, the idle half of blue and green.
 */
export function lostServices(namespace: string, cluster: Cluster, most: number): readonly LostService[] {
  const workloads = cluster.workloads(namespace);
  const pods = workloads.flatMap((workload) => cluster.podsOf(workload.subject));
  return cluster
    .services(namespace)
    .slice(0, most)
    .flatMap((service) => {
      const wanted = Object.entries(service.selector);
      if (wanted.length === 0) return [];
      const picks = (labels: Readonly<Record<string, string>>) => wanted.every(([key, value]) => labels[key] === value);
      if (pods.some((pod) => picks(pod.labels)) || workloads.some((workload) => picks(workload.selector))) return [];
      const workload = workloads.find(({ subject }) => subject.name === service.name);
      const ready = workload && cluster.podsOf(workload.subject).find((pod) => pod.ready);
      if (!workload || !ready) return [];
      const wrong = wanted
        .filter(([key, value]) => ready.labels[key] !== value)
        .map(([label, selects]) => ({ label, selects, has: ready.labels[label] ?? null }));
      return [{ service, workload, wrong }];
    });
}

/** Whether the literal environment of a workload names the Service as a host. */
export function isCalledBy(caller: Pick<WorkloadView, 'containers'>, { name }: ServiceView): boolean {
  const host = new RegExp(`(^|[/@,])${name.replace(/[^a-z0-9-]/g, '')}([.:/,]|$)`);
  return caller.containers.some(({ env }) =>
    Object.values(env).some((value) => value.length < 2_000 && host.test(value)),
  );
}
