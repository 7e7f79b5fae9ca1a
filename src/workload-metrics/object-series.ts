import type { Subject } from '../domain/subject.ts';
import { promqlString } from '../domain/workload-series.ts';

type ObjectLabel = 'deployment' | 'statefulset' | 'daemonset' | 'replicaset' | 'horizontalpodautoscaler' | 'hpa';

/**
 * Matchers (the inside of braces) of series about an object itself, not about pods: kube-state-metrics, the same where its labels were renamed
 * because `honor_labels` is off, and OpenTelemetry's resource attributes. Names come from Kubernetes and are escaped.
 */
export function objectMatchers(labels: readonly ObjectLabel[], namespace: string, name: string): readonly string[] {
  const [place, object] = [promqlString(namespace), promqlString(name)];
  return labels.flatMap((label) => [
    `namespace=${place},${label}=${object}`,
    `exported_namespace=${place},${label}=${object}`,
    `k8s_namespace_name=${place},k8s_${label}_name=${object}`,
  ]);
}

/** The label of kube-state-metrics for a kind of workload; null for kinds that it has no replicas of. */
export function objectLabelOf({ kind }: Pick<Subject, 'kind'>): 'deployment' | 'statefulset' | null {
  if (kind === 'Deployment') return 'deployment';
  return kind === 'StatefulSet' ? 'statefulset' : null;
}
