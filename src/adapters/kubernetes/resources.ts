import type { Permission } from '../../domain/permission.ts';

/** One kind of object of the Kubernetes API. */
export interface KubeResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only metadata is asked for: the body of a ReplicaSet is its whole pod template, of which nothing is used. */
  readonly metadataOnly: boolean;
}

function resource(groupVersion: string, plural: string, kind: string, metadataOnly = false): KubeResource {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  return { group, version, plural, kind, namespaced: kind !== 'Namespace', metadataOnly };
}

/** What the cache watches. */
export const WATCHED = {
  namespaces: resource('v1', 'namespaces', 'Namespace', true),
  services: resource('v1', 'services', 'Service'),
  pods: resource('v1', 'pods', 'Pod'),
  deployments: resource('apps/v1', 'deployments', 'Deployment'),
  statefulsets: resource('apps/v1', 'statefulsets', 'StatefulSet'),
  daemonsets: resource('apps/v1', 'daemonsets', 'DaemonSet'),
  replicasets: resource('apps/v1', 'replicasets', 'ReplicaSet', true),
  autoscalers: resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
} as const;

/** Kinds that a subject may have: the built-in workloads, and the pod that nothing owns. */
export const SUBJECT_RESOURCES: readonly KubeResource[] = [
  WATCHED.deployments,
  WATCHED.statefulsets,
  WATCHED.daemonsets,
  { ...WATCHED.replicasets, metadataOnly: false },
  resource('batch/v1', 'jobs', 'Job'),
  WATCHED.pods,
];

/** What is read only when somebody asks. */
export const ASKED = {
  replicasets: { ...WATCHED.replicasets, metadataOnly: false },
  events: resource('v1', 'events', 'Event'),
  endpointslices: resource('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  networkpolicies: resource('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy'),
  resourcequotas: resource('v1', 'resourcequotas', 'ResourceQuota'),
  persistentvolumeclaims: resource('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim'),
  storageclasses: { ...resource('storage.k8s.io/v1', 'storageclasses', 'StorageClass'), namespaced: false },
  poddisruptionbudgets: resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  nodes: { ...resource('v1', 'nodes', 'Node'), namespaced: false },
} as const;

export const CONFIG_MAPS = resource('v1', 'configmaps', 'ConfigMap');
export const EVENTS = resource('events.k8s.io/v1', 'events', 'Event');
export const SCALED_OBJECTS = resource('keda.sh/v1alpha1', 'scaledobjects', 'ScaledObject');
export const ACCESS_REVIEWS = resource(
  'authorization.k8s.io/v1',
  'selfsubjectaccessreviews',
  'SelfSubjectAccessReview',
);

export function apiVersionOf({ group, version }: Pick<KubeResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** Path of a collection, an object or its subresource; every part is escaped, for names come from outside. */
export function pathOf(
  { group, version, plural }: KubeResource,
  where: { readonly namespace?: string | null; readonly name?: string; readonly subresource?: string },
): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const scope = where.namespace ? `/namespaces/${encodeURIComponent(where.namespace)}` : '';
  const name = where.name === undefined ? '' : `/${encodeURIComponent(where.name)}`;
  return `${root}${scope}/${plural}${name}${where.subresource === undefined ? '' : `/${where.subresource}`}`;
}

export function permissionFor(
  { group, plural }: KubeResource,
  verb: Permission['verb'],
  subresource?: string,
): Omit<Permission, 'because'> {
  return { group, resource: plural, verb, ...(subresource === undefined ? {} : { subresource }) };
}
