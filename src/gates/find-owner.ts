import type { AutoscalerView, WorkloadView } from '../ports/cluster.ts';

/** Somebody else who would put a change back, and what to do instead. */
export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly advice: string;
}

/** Since Argo CD 3 the default way of tracking: `<application>:<group>/<Kind>:<namespace>/<name>` (argo-cd.readthedocs.io, resource tracking). */
const ARGO_TRACKING = 'argocd.argoproj.io/tracking-id';

/** Labels that Flux sets on what it applies (fluxcd.io, kustomize-controller and helm-controller). */
const FLUX_OWNERS = [
  { kind: 'Flux Kustomization', prefix: 'kustomize.toolkit.fluxcd.io' },
  { kind: 'Flux HelmRelease', prefix: 'helm.toolkit.fluxcd.io' },
] as const;

/** Field managers under which GitOps controllers apply. */
const GITOPS_MANAGERS: Readonly<Record<string, string>> = {
  'argocd-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
};

/**
 * Who owns the workload, or its replica count where the plan changes that; null = nobody who would put it back. A controller of the workload
 * counts even where only its pods are touched: operators of databases have a say in that.
 * A label `app.kubernetes.io/instance` proves nothing: every Helm chart sets it too.
 */
export function findOwner(
  workload: WorkloadView,
  autoscaler: AutoscalerView | null,
  changes: { readonly replicas: boolean; readonly object: boolean },
): Owner | null {
  if (workload.controller !== null) {
    const { kind, name, apiVersion } = workload.controller;
    return { kind, name, advice: `change ${kind} ${name} (${apiVersion}), which controls the workload` };
  }
  if (changes.replicas && autoscaler !== null) {
    const { by, name, minReplicas, maxReplicas } = autoscaler;
    return {
      kind: by,
      name,
      advice: `raise minReplicas (${minReplicas}) or maxReplicas (${maxReplicas}) of ${by} ${name}, which sets the replicas`,
    };
  }
  return changes.object ? gitOpsOwner(workload) : null;
}

/** The Helm release that installed the workload: no owner, for nothing puts a change back before its next upgrade. */
export function helmRelease({ labels, annotations }: WorkloadView): string | null {
  if (labels['app.kubernetes.io/managed-by'] !== 'Helm') return null;
  return annotations['meta.helm.sh/release-name'] ?? null;
}

function gitOpsOwner({ labels, annotations, replicasManager }: WorkloadView): Owner | null {
  const tracking = annotations[ARGO_TRACKING];
  if (tracking !== undefined) {
    const application = tracking.split(':')[0] ?? tracking;
    return { kind: 'Argo CD application', name: application, advice: `change it in the Git source of ${application}` };
  }
  for (const { kind, prefix } of FLUX_OWNERS) {
    const name = labels[`${prefix}/name`];
    if (name === undefined || annotations[`${prefix}/reconcile`] === 'disabled') continue;
    const full = `${labels[`${prefix}/namespace`] ?? ''}/${name}`;
    return { kind, name: full, advice: `change it in the Git source of ${kind} ${full}` };
  }
  const manager = replicasManager === null ? undefined : GITOPS_MANAGERS[replicasManager];
  if (manager === undefined) return null;
  return { kind: manager, name: replicasManager ?? '', advice: `change spec.replicas in the Git source of ${manager}` };
}
