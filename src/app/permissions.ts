import { DETECTORS } from '../../detectors/index.ts';
import { REMEDIATIONS } from '../../remediations/index.ts';
import { type Permission, permissionName } from '../domain/permission.ts';

const WATCHED: readonly Pick<Permission, 'group' | 'resource' | 'because'>[] = [
  { group: '', resource: 'namespaces', because: 'a namespace may opt its workloads in' },
  { group: '', resource: 'pods', because: 'alerts name pods; the owner chain leads to the workload' },
  { group: '', resource: 'services', because: 'metrics of callers name Services' },
  { group: 'apps', resource: 'deployments', because: 'the workloads themselves' },
  { group: 'apps', resource: 'statefulsets', because: 'the workloads themselves' },
  { group: 'apps', resource: 'daemonsets', because: 'the workloads themselves' },
  { group: 'apps', resource: 'replicasets', because: 'they stand between a pod and its Deployment' },
  { group: 'autoscaling', resource: 'horizontalpodautoscalers', because: 'an autoscaler owns the replica count' },
];

/** What the watched cache of the cluster needs; the same for every installation. */
export const CLUSTER_READS: readonly Permission[] = [
  ...WATCHED.flatMap((item) => (['get', 'list', 'watch'] as const).map((verb) => ({ ...item, verb }))),
  {
    group: 'keda.sh',
    resource: 'scaledobjects',
    verb: 'list',
    because: 'KEDA owns the replica count; where its API is absent this grants nothing',
  },
  ...[
    { group: '', resource: 'events', because: 'what Kubernetes itself says of an object' },
    { group: 'discovery.k8s.io', resource: 'endpointslices', because: 'whether a Service leads anywhere' },
    { group: 'networking.k8s.io', resource: 'networkpolicies', because: 'whether a policy blocks a Service' },
    { group: '', resource: 'resourcequotas', because: 'whether a quota keeps pods from starting' },
    { group: '', resource: 'persistentvolumeclaims', because: 'whether a volume keeps pods from starting' },
    { group: 'storage.k8s.io', resource: 'storageclasses', because: 'whether a volume that fills may be made larger' },
    { group: '', resource: 'nodes', because: 'whether a node is well and has room' },
    { group: 'policy', resource: 'poddisruptionbudgets', because: 'whether a pod may be evicted' },
  ].map((item) => ({ ...item, verb: 'list' as const })),
  {
    group: '',
    resource: 'pods',
    subresource: 'log',
    verb: 'get',
    because: 'the last lines of a container that ended tell why',
  },
  {
    group: 'events.k8s.io',
    resource: 'events',
    verb: 'create',
    because: 'what Hale did is told on the object, and is the last way to a person',
  },
];

/** What is asked in the namespace in which Hale itself runs, and nowhere else. */
export const OWN_READS: readonly Permission[] = [
  { group: '', resource: 'configmaps', verb: 'get', because: 'the ConfigMap that freezes Hale' },
];

/** Kinds without a namespace: only a ClusterRole can grant them. */
const CLUSTER_SCOPED = new Set([
  'namespaces',
  'nodes',
  'persistentvolumes',
  'apiservices',
  'priorityclasses',
  'storageclasses',
]);

export interface PermissionPlaces {
  /** Of objects that belong to no namespace. */
  readonly cluster: readonly Permission[];
  /** In every namespace with workloads that Hale is to look after. */
  readonly workloads: readonly Permission[];
  /** In Hale's own namespace. */
  readonly own: readonly Permission[];
}

/** All that this Hale asks of a cluster: what the watched cache needs and what every plug-in declares, each once. */
export function wantedPermissions(): PermissionPlaces {
  const all = [...CLUSTER_READS, ...[...DETECTORS.values(), ...REMEDIATIONS.values()].flatMap(({ needs }) => needs)];
  const each = [...new Map(all.map((permission) => [permissionName(permission), permission])).values()];
  const isOfCluster = ({ resource }: Permission) => CLUSTER_SCOPED.has(resource);
  return {
    cluster: each.filter(isOfCluster),
    workloads: each.filter((permission) => !isOfCluster(permission)),
    own: OWN_READS,
  };
}

/** Whether it changes nothing. */
export function isRead({ verb }: Permission): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch';
}
