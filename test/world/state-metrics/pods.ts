import type { Exposition, Labels } from '../kubelet/figures/exposition.ts';
import type { ContainerSpec, ContainerStatus, Pod } from '../kubelet/pod.ts';
import { parseQuantity } from '../kubelet/quantity.ts';
import { created, namespaceOf, ownerLabels, unitOf } from './labels.ts';

const PHASES = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running'];
const CONDITIONS: Readonly<Record<string, string>> = {
  Ready: 'kube_pod_status_ready',
  PodScheduled: 'kube_pod_status_scheduled',
};

export function addPods(page: Exposition, pods: readonly Pod[]): void {
  for (const pod of pods) {
    const { metadata, spec, status } = pod;
    const labels = { namespace: namespaceOf(metadata), pod: metadata.name, uid: metadata.uid ?? '' };
    const { owner_kind: kind = '', owner_name: name = '' } = ownerLabels(metadata);
    page.add('gauge', 'kube_pod_created', labels, created(metadata));
    const { deletionTimestamp: deletion } = metadata;
    const deletedAt = deletion === undefined ? undefined : Date.parse(deletion) / 1000;
    page.add('gauge', 'kube_pod_deletion_timestamp', labels, deletedAt);
    page.add('gauge', 'kube_pod_owner', { ...labels, ...ownerLabels(metadata) }, 1);
    page.add(
      'gauge',
      'kube_pod_info',
      {
        ...labels,
        host_ip: status?.hostIP ?? '',
        pod_ip: status?.podIP ?? '',
        node: spec.nodeName ?? '',
        created_by_kind: kind,
        created_by_name: name,
      },
      1,
    );
    for (const { name: volume, persistentVolumeClaim: claim } of spec.volumes ?? []) {
      if (claim === undefined) continue;
      const mounted = { ...labels, volume, persistentvolumeclaim: claim.claimName };
      page.add('gauge', 'kube_pod_spec_volumes_persistentvolumeclaims_info', mounted, 1);
    }
    for (const phase of PHASES)
      page.add('gauge', 'kube_pod_status_phase', { ...labels, phase }, status?.phase === phase ? 1 : 0);
    if (status?.reason) page.add('gauge', 'kube_pod_status_reason', { ...labels, reason: status.reason }, 1);
    for (const { type, status: holds } of status?.conditions ?? []) {
      const metric = CONDITIONS[type];
      if (metric === undefined) continue;
      for (const condition of ['true', 'false', 'unknown']) {
        page.add('gauge', metric, { ...labels, condition }, holds.toLowerCase() === condition ? 1 : 0);
      }
    }
    for (const container of spec.containers) addResources(page, { ...labels, node: spec.nodeName ?? '' }, container);
    addContainers(page, 'kube_pod_container', labels, spec.containers, status?.containerStatuses);
    addContainers(page, 'kube_pod_init_container', labels, spec.initContainers, status?.initContainerStatuses);
  }
}

function addContainers(
  page: Exposition,
  prefix: string,
  podLabels: Labels,
  specs: readonly ContainerSpec[] = [],
  statuses: readonly ContainerStatus[] = [],
): void {
  for (const it of statuses) {
    const labels = { ...podLabels, container: it.name };
    const gauge = (name: string, value: number | undefined, more: Labels = {}) =>
      page.add('gauge', `${prefix}_${name}`, { ...labels, ...more }, value);
    const image = specs.find((spec) => spec.name === it.name)?.image ?? '';
    gauge('info', 1, { image_spec: image, image: it.image, image_id: it.imageID, container_id: it.containerID ?? '' });
    page.add('counter', `${prefix}_status_restarts_total`, labels, it.restartCount);
    gauge('status_ready', it.ready ? 1 : 0);
    gauge('status_running', it.state.running ? 1 : 0);
    gauge('status_waiting', it.state.waiting ? 1 : 0);
    gauge('status_terminated', it.state.terminated ? 1 : 0);
    if (it.state.waiting) gauge('status_waiting_reason', 1, { reason: it.state.waiting.reason });
    if (it.state.running) gauge('state_started', Date.parse(it.state.running.startedAt) / 1000);
    if (it.state.terminated) gauge('status_terminated_reason', 1, { reason: it.state.terminated.reason });
    const last = it.lastState.terminated;
    if (last === undefined) continue;
    gauge('status_last_terminated_reason', 1, { reason: last.reason });
    gauge('status_last_terminated_exitcode', last.exitCode);
    gauge('status_last_terminated_timestamp', Date.parse(last.finishedAt) / 1000);
  }
}

function addResources(page: Exposition, podLabels: Labels, { name, resources = {} }: ContainerSpec): void {
  for (const [kind, amounts] of Object.entries({ requests: resources.requests, limits: resources.limits })) {
    for (const [resource, amount] of Object.entries(amounts ?? {})) {
      const labels = { ...podLabels, container: name, resource, unit: unitOf(resource) };
      page.add('gauge', `kube_pod_container_resource_${kind}`, labels, parseQuantity(amount));
    }
  }
}
