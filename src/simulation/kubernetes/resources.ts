/** One kind of object that the simulated API server serves. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  subresources: readonly string[];
  /** Kinds that share their objects, like the two APIs of events, share this key. */
  storage: string;
}

function resource(
  groupVersion: string,
  plural: string,
  kind: string,
  namespaced = true,
  subresources: string[] = [],
): Resource {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  return {
    group,
    version,
    plural,
    kind,
    namespaced,
    subresources,
    storage: plural === 'events' ? 'events' : `${plural}.${group}`,
  };
}

const BUILT_IN: readonly Resource[] = [
  resource('v1', 'namespaces', 'Namespace', false, ['status']),
  resource('v1', 'nodes', 'Node', false, ['status']),
  resource('v1', 'pods', 'Pod', true, ['status', 'log', 'eviction']),
  resource('v1', 'services', 'Service', true, ['status']),
  resource('v1', 'endpoints', 'Endpoints'),
  resource('v1', 'configmaps', 'ConfigMap'),
  resource('v1', 'secrets', 'Secret'),
  resource('v1', 'events', 'Event'),
  resource('apps/v1', 'deployments', 'Deployment', true, ['status', 'scale']),
  resource('apps/v1', 'replicasets', 'ReplicaSet', true, ['status', 'scale']),
  resource('apps/v1', 'statefulsets', 'StatefulSet', true, ['status', 'scale']),
  resource('apps/v1', 'daemonsets', 'DaemonSet', true, ['status']),
  resource('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', true, ['status']),
  resource('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true, ['status']),
  resource('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false),
  resource('v1', 'resourcequotas', 'ResourceQuota', true, ['status']),
  resource('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy'),
  resource('events.k8s.io/v1', 'events', 'Event'),
  resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true, ['status']),
  resource('coordination.k8s.io/v1', 'leases', 'Lease'),
  resource('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
];

const OPTIONAL = {
  keda: [resource('keda.sh/v1alpha1', 'scaledobjects', 'ScaledObject')],
  argocd: [resource('argoproj.io/v1alpha1', 'applications', 'Application')],
  flux: [
    resource('kustomize.toolkit.fluxcd.io/v1', 'kustomizations', 'Kustomization'),
    resource('helm.toolkit.fluxcd.io/v2', 'helmreleases', 'HelmRelease'),
  ],
} as const;

/** Operators whose custom resources a cluster may know. */
export type Extension = keyof typeof OPTIONAL;

export function resourcesOf(extensions: readonly Extension[]): Resource[] {
  return [...BUILT_IN, ...extensions.flatMap((extension) => OPTIONAL[extension])];
}

export function groupVersion({ group, version }: Resource): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `deployments.apps`, as error messages name a resource. */
export function qualifiedName({ plural, group }: Resource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** The discovery documents: `/api`, `/apis`, and one list per group and version. Undefined for other paths. */
export function discovery(path: string, resources: readonly Resource[]): unknown {
  const groups = new Map<string, Set<string>>();
  for (const { group, version } of resources) groups.set(group, (groups.get(group) ?? new Set()).add(version));
  groups.set('authorization.k8s.io', new Set(['v1']));
  const describeGroup = (name: string, versions: ReadonlySet<string>): unknown => {
    const listed = [...versions].map((version) => ({ groupVersion: `${name}/${version}`, version }));
    return { name, versions: listed, preferredVersion: listed[0] };
  };
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  if (path === '/apis') {
    const named = [...groups].filter(([name]) => name !== '');
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: named.map(([name, versions]) => describeGroup(name, versions)),
    };
  }
  const [, prefix, ...rest] = path.split('/');
  const [group = '', version] = prefix === 'api' ? ['', rest[0]] : rest;
  const versions = groups.get(group);
  if (versions === undefined || rest.length > (prefix === 'api' ? 1 : 2)) return undefined;
  if (prefix === 'apis' && version === undefined)
    return { kind: 'APIGroup', apiVersion: 'v1', ...(describeGroup(group, versions) as object) };
  if (version === undefined || !versions.has(version)) return undefined;
  const listed: unknown[] = resources
    .filter((one) => one.group === group && one.version === version)
    .flatMap((one) => {
      const shared = { singularName: one.kind.toLowerCase(), namespaced: one.namespaced, kind: one.kind };
      const own = { ...shared, name: one.plural, verbs: VERBS };
      const sub = one.subresources.map((name) => ({
        ...shared,
        name: `${one.plural}/${name}`,
        ...(name === 'scale' ? { kind: 'Scale', group: 'autoscaling', version: 'v1' } : {}),
        verbs: ['get', 'patch', 'update'],
      }));
      return [own, ...sub];
    });
  if (group === 'authorization.k8s.io') {
    listed.push({
      name: 'selfsubjectaccessreviews',
      singularName: 'selfsubjectaccessreview',
      namespaced: false,
      kind: 'SelfSubjectAccessReview',
      verbs: ['create'],
    });
  }
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: path.replace(/^\/apis?\//, ''), resources: listed };
}
