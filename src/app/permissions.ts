import type { Permission } from '../domain/permission.ts';

/** `namespaces` is asked of the whole cluster, `configmaps` only in Hale's own namespace; everything else where the workloads are. */
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
    { group: 'policy', resource: 'poddisruptionbudgets', because: 'whether a pod may be evicted' },
  ].map((item) => ({ ...item, verb: 'list' as const })),
  {
    group: '',
    resource: 'pods',
    subresource: 'log',
    verb: 'get',
    because: 'the last lines of a container that ended tell why',
  },
  { group: '', resource: 'configmaps', verb: 'get', because: 'the ConfigMap that freezes Hale' },
  {
    group: 'events.k8s.io',
    resource: 'events',
    verb: 'create',
    because: 'what Hale did is told on the object, and is the last way to a person',
  },
];
