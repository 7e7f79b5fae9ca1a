import { Exposition, type Labels } from '../kubelet/figures/exposition.ts';
import { parseQuantity } from '../kubelet/quantity.ts';
import { created, namespaceOf, ownerLabels, unitOf } from './labels.ts';
import type { ClusterObjects, Condition, MetricValue, Workload } from './objects.ts';
import { addPods } from './pods.ts';

/** The page of kube-state-metrics (its docs/metrics): the same names and labels, for the objects that detectors ask about. */
export function stateMetricsPage(objects: ClusterObjects): string {
  const page = new Exposition();
  addDeployments(page, objects.deployments);
  addReplicaSets(page, objects.replicasets);
  addSets(page, objects);
  addPods(page, objects.pods);
  addAutoscalers(page, objects.autoscalers);
  addNodes(page, objects.nodes);
  addClaims(page, objects.claims);
  addJobs(page, objects.jobs);
  for (const { metadata, status } of objects.budgets) {
    const labels = { namespace: namespaceOf(metadata), poddisruptionbudget: metadata.name };
    const name = 'kube_poddisruptionbudget_status';
    page.add('gauge', `${name}_pod_disruptions_allowed`, labels, status?.disruptionsAllowed);
    page.add('gauge', `${name}_current_healthy`, labels, status?.currentHealthy);
    page.add('gauge', `${name}_desired_healthy`, labels, status?.desiredHealthy);
  }
  return page.text();
}

function addDeployments(page: Exposition, deployments: readonly Workload[]): void {
  for (const { metadata, spec, status = {} } of deployments) {
    const labels = { namespace: namespaceOf(metadata), deployment: metadata.name };
    const gauge = (name: string, value: number | undefined) =>
      page.add('gauge', `kube_deployment_${name}`, labels, value);
    gauge('created', created(metadata));
    gauge('metadata_generation', metadata.generation);
    gauge('spec_replicas', spec.replicas ?? 1);
    gauge('spec_paused', spec.paused === true ? 1 : 0);
    gauge('status_replicas', status.replicas ?? 0);
    gauge('status_replicas_ready', status.readyReplicas ?? 0);
    gauge('status_replicas_available', status.availableReplicas ?? 0);
    gauge('status_replicas_unavailable', status.unavailableReplicas ?? 0);
    gauge('status_replicas_updated', status.updatedReplicas ?? 0);
    gauge('status_observed_generation', status.observedGeneration ?? 0);
    addConditions(page, 'kube_deployment_status_condition', labels, status.conditions, true);
  }
}

function addReplicaSets(page: Exposition, replicaSets: readonly Workload[]): void {
  for (const { metadata, spec, status = {} } of replicaSets) {
    const labels = { namespace: namespaceOf(metadata), replicaset: metadata.name };
    page.add('gauge', 'kube_replicaset_created', labels, created(metadata));
    page.add('gauge', 'kube_replicaset_owner', { ...labels, ...ownerLabels(metadata) }, 1);
    page.add('gauge', 'kube_replicaset_metadata_generation', labels, metadata.generation);
    page.add('gauge', 'kube_replicaset_spec_replicas', labels, spec.replicas ?? 1);
    page.add('gauge', 'kube_replicaset_status_replicas', labels, status.replicas ?? 0);
    page.add('gauge', 'kube_replicaset_status_ready_replicas', labels, status.readyReplicas ?? 0);
    page.add('gauge', 'kube_replicaset_status_observed_generation', labels, status.observedGeneration ?? 0);
  }
}

function addSets(page: Exposition, { statefulsets, daemonsets }: ClusterObjects): void {
  for (const { metadata, spec, status = {} } of statefulsets) {
    const labels = { namespace: namespaceOf(metadata), statefulset: metadata.name };
    page.add('gauge', 'kube_statefulset_created', labels, created(metadata));
    page.add('gauge', 'kube_statefulset_replicas', labels, spec.replicas ?? 1);
    page.add('gauge', 'kube_statefulset_status_replicas', labels, status.replicas ?? 0);
    page.add('gauge', 'kube_statefulset_status_replicas_ready', labels, status.readyReplicas ?? 0);
    page.add('gauge', 'kube_statefulset_status_replicas_available', labels, status.availableReplicas ?? 0);
    page.add('gauge', 'kube_statefulset_status_replicas_updated', labels, status.updatedReplicas ?? 0);
    page.add('gauge', 'kube_statefulset_metadata_generation', labels, metadata.generation);
    page.add('gauge', 'kube_statefulset_status_observed_generation', labels, status.observedGeneration ?? 0);
  }
  for (const { metadata, status = {} } of daemonsets) {
    const labels = { namespace: namespaceOf(metadata), daemonset: metadata.name };
    const name = 'kube_daemonset_status';
    page.add('gauge', 'kube_daemonset_created', labels, created(metadata));
    page.add('gauge', `${name}_desired_number_scheduled`, labels, status.desiredNumberScheduled);
    page.add('gauge', `${name}_current_number_scheduled`, labels, status.currentNumberScheduled);
    page.add('gauge', `${name}_number_ready`, labels, status.numberReady);
    page.add('gauge', `${name}_number_available`, labels, status.numberAvailable ?? 0);
    page.add('gauge', `${name}_number_unavailable`, labels, status.numberUnavailable ?? 0);
  }
}

function addAutoscalers(page: Exposition, autoscalers: ClusterObjects['autoscalers']): void {
  for (const { metadata, spec, status } of autoscalers) {
    const labels = { namespace: namespaceOf(metadata), horizontalpodautoscaler: metadata.name };
    const { apiVersion = '', kind, name } = spec.scaleTargetRef;
    const target = { scaletargetref_api_version: apiVersion, scaletargetref_kind: kind, scaletargetref_name: name };
    const prefix = 'kube_horizontalpodautoscaler';
    page.add('gauge', `${prefix}_info`, { ...labels, ...target }, 1);
    page.add('gauge', `${prefix}_metadata_generation`, labels, metadata.generation);
    page.add('gauge', `${prefix}_spec_min_replicas`, labels, spec.minReplicas ?? 1);
    page.add('gauge', `${prefix}_spec_max_replicas`, labels, spec.maxReplicas);
    page.add('gauge', `${prefix}_status_current_replicas`, labels, status?.currentReplicas);
    page.add('gauge', `${prefix}_status_desired_replicas`, labels, status?.desiredReplicas);
    addConditions(page, `${prefix}_status_condition`, labels, status?.conditions);
    for (const { resource } of spec.metrics ?? []) {
      if (resource) addMetric(page, `${prefix}_spec_target_metric`, labels, resource.name, resource.target);
    }
    for (const { resource } of status?.currentMetrics ?? []) {
      if (resource) addMetric(page, `${prefix}_status_target_metric`, labels, resource.name, resource.current);
    }
  }
}

/** One sample for each kind of value that the metric has. */
function addMetric(page: Exposition, name: string, labels: Labels, metric: string, value: MetricValue): void {
  const kinds = {
    value: value.value === undefined ? undefined : parseQuantity(value.value),
    average: value.averageValue === undefined ? undefined : parseQuantity(value.averageValue),
    utilization: value.averageUtilization,
  };
  for (const [kind, amount] of Object.entries(kinds)) {
    page.add('gauge', name, { ...labels, metric_name: metric, metric_target_type: kind }, amount);
  }
}

function addNodes(page: Exposition, nodes: ClusterObjects['nodes']): void {
  for (const { metadata, spec, status } of nodes) {
    const node = metadata.name;
    page.add('gauge', 'kube_node_info', { node }, 1);
    page.add('gauge', 'kube_node_spec_unschedulable', { node }, spec?.unschedulable === true ? 1 : 0);
    addConditions(page, 'kube_node_status_condition', { node }, status?.conditions);
    for (const [name, amounts] of Object.entries({ capacity: status?.capacity, allocatable: status?.allocatable })) {
      for (const [resource, amount] of Object.entries(amounts ?? {})) {
        const labels = { node, resource, unit: unitOf(resource) };
        page.add('gauge', `kube_node_status_${name}`, labels, parseQuantity(amount));
      }
    }
  }
}

const CLAIM_PHASES = ['Pending', 'Bound', 'Lost'];

function addClaims(page: Exposition, claims: ClusterObjects['claims']): void {
  for (const { metadata, spec, status } of claims) {
    const labels = { namespace: namespaceOf(metadata), persistentvolumeclaim: metadata.name };
    const info = { storageclass: spec.storageClassName ?? '', volumename: spec.volumeName ?? '' };
    page.add('gauge', 'kube_persistentvolumeclaim_info', { ...labels, ...info }, 1);
    for (const phase of CLAIM_PHASES) {
      const value = status?.phase === phase ? 1 : 0;
      page.add('gauge', 'kube_persistentvolumeclaim_status_phase', { ...labels, phase }, value);
    }
    const storage = spec.resources?.requests?.['storage'];
    const bytes = storage === undefined ? undefined : parseQuantity(storage);
    page.add('gauge', 'kube_persistentvolumeclaim_resource_requests_storage_bytes', labels, bytes);
  }
}

function addJobs(page: Exposition, jobs: ClusterObjects['jobs']): void {
  for (const { metadata, spec, status } of jobs) {
    const labels = { namespace: namespaceOf(metadata), job_name: metadata.name };
    page.add('gauge', 'kube_job_created', labels, created(metadata));
    page.add('gauge', 'kube_job_spec_completions', labels, spec?.completions);
    page.add('gauge', 'kube_job_status_active', labels, status?.active ?? 0);
    page.add('gauge', 'kube_job_status_succeeded', labels, status?.succeeded ?? 0);
    page.add('gauge', 'kube_job_status_failed', labels, status?.failed ?? 0);
    for (const { type, status: holds } of status?.conditions ?? []) {
      const name = { Complete: 'kube_job_complete', Failed: 'kube_job_failed' }[type];
      if (name === undefined) continue;
      for (const condition of ['true', 'false', 'unknown']) {
        page.add('gauge', name, { ...labels, condition }, holds.toLowerCase() === condition ? 1 : 0);
      }
    }
  }
}

/** One sample for each answer that a condition can give, 1 for the one that it gives. */
function addConditions(
  page: Exposition,
  name: string,
  labels: Labels,
  conditions: readonly Condition[] = [],
  withReason = false,
): void {
  for (const { type, status, reason = '' } of conditions) {
    for (const answer of ['true', 'false', 'unknown']) {
      const all = { ...labels, ...(withReason ? { reason } : {}), condition: type, status: answer };
      page.add('gauge', name, all, status.toLowerCase() === answer ? 1 : 0);
    }
  }
}
