import { expect, it } from 'vitest';
import type { AutoscalerView, WorkloadView } from '../ports/cluster.ts';
import { findOwner, helmRelease } from './find-owner.ts';
import { exampleWorkload } from './world-for-tests.ts';

const autoscaler: AutoscalerView = { name: 'orders', by: 'HorizontalPodAutoscaler', minReplicas: 2, maxReplicas: 5 };

it.each<[string, Partial<WorkloadView>, AutoscalerView | null, boolean, object | null]>([
  ['nobody', {}, null, true, null],
  ['an autoscaler owns the replicas', {}, autoscaler, true, { kind: 'HorizontalPodAutoscaler', name: 'orders' }],
  ['KEDA', {}, { ...autoscaler, by: 'KEDA' }, true, { kind: 'KEDA' }],
  ['an autoscaler owns nothing else', {}, autoscaler, false, null],
  [
    'an operator, before the autoscaler',
    { controller: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'orders' } },
    autoscaler,
    true,
    { kind: 'Rollout', name: 'orders' },
  ],
  [
    'Argo CD by its tracking annotation',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop-prod:apps/Deployment:shop/orders' } },
    null,
    true,
    { kind: 'Argo CD application', name: 'shop-prod' },
  ],
  [
    'the instance label, which every Helm chart sets',
    { labels: { 'app.kubernetes.io/instance': 'shop' } },
    null,
    true,
    null,
  ],
  [
    'Flux Kustomization',
    { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' } },
    null,
    true,
    { kind: 'Flux Kustomization', name: 'flux-system/apps' },
  ],
  [
    'Flux HelmRelease',
    { labels: { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'shop' } },
    null,
    true,
    { kind: 'Flux HelmRelease', name: 'shop/shop' },
  ],
  [
    'Flux that was told to leave it alone',
    {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' },
      annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
    },
    null,
    true,
    null,
  ],
  [
    'a GitOps controller that set the replicas',
    { replicasManager: 'argocd-controller' },
    null,
    true,
    { kind: 'Argo CD' },
  ],
  ['a person who set the replicas', { replicasManager: 'kubectl-edit' }, null, true, null],
  ['plain Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }, null, true, null],
])('%s', (_name, changes, scaler, changesReplicas, expected) => {
  const owner = findOwner(exampleWorkload(changes), scaler, { replicas: changesReplicas, object: true });

  expect({ owner }).toMatchObject({ owner: expected });
});

it('says which knob is the right one', () => {
  const owner = findOwner(exampleWorkload(), autoscaler, { replicas: true, object: true });

  expect(owner?.advice).toBe(
    'raise minReplicas (2) or maxReplicas (5) of HorizontalPodAutoscaler orders, which sets the replicas',
  );
});

it.each([
  [{ 'app.kubernetes.io/managed-by': 'Helm' }, { 'meta.helm.sh/release-name': 'shop' }, 'shop'],
  [{ 'app.kubernetes.io/managed-by': 'kustomize' }, { 'meta.helm.sh/release-name': 'shop' }, null],
  [{ 'app.kubernetes.io/managed-by': 'Helm' }, {}, null],
])('Helm release of %o and %o: %s', (labels, annotations, expected) => {
  const release = helmRelease(exampleWorkload({ labels, annotations }));

  expect(release).toBe(expected);
});

it.each<[string, Partial<WorkloadView>, string | undefined]>([
  [
    'Argo CD',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'shop-prod:apps/Deployment:shop/orders' } },
    undefined,
  ],
  ['an operator', { controller: { apiVersion: 'db.example/v1', kind: 'Cluster', name: 'main' } }, 'Cluster'],
])('of a plan that ends a pod and changes no object, %s has something to say or not', (_, changes, kind) => {
  const owner = findOwner(exampleWorkload(changes), null, { replicas: false, object: false });

  expect(owner?.kind).toBe(kind);
});
