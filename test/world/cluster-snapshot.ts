import type { ClusterSnapshot, PodSnapshot } from './collateral.ts';
import type { KubeClient } from './kube/client.ts';
import type { KubeList, KubeObject } from './kube/types.ts';
import type { Pod } from './kubelet/pod.ts';

/** Kinds that a repair of any sort could write; ReplicaSets follow their Deployment and say nothing of their own. */
const WATCHED: Readonly<Record<string, string>> = {
  Deployment: '/apis/apps/v1/deployments',
  StatefulSet: '/apis/apps/v1/statefulsets',
  DaemonSet: '/apis/apps/v1/daemonsets',
  HorizontalPodAutoscaler: '/apis/autoscaling/v2/horizontalpodautoscalers',
  PodDisruptionBudget: '/apis/policy/v1/poddisruptionbudgets',
  Service: '/api/v1/services',
  ConfigMap: '/api/v1/configmaps',
  Secret: '/api/v1/secrets',
  NetworkPolicy: '/apis/networking.k8s.io/v1/networkpolicies',
};

/** Annotations that controllers and the intent of an action write beside the change itself. */
const BOOKKEEPING = /^(deployment\.kubernetes\.io\/|hale\.)/;

/** Reads the API server; namespaces in `ignored` are left out (the system's, and Hale's own). */
export async function takeSnapshot(client: KubeClient, ignored: readonly string[]): Promise<ClusterSnapshot> {
  const isForeign = ({ metadata }: KubeObject) => !ignored.includes(metadata.namespace ?? '');
  const objects = new Map<string, unknown>();
  for (const [kind, path] of Object.entries(WATCHED)) {
    const list = await client.get<KubeList<KubeObject & Record<string, unknown>>>(path);
    for (const object of list.items.filter(isForeign)) {
      const { metadata, status: _status, ...rest } = object;
      const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !BOOKKEEPING.test(name));
      objects.set(`${kind} ${metadata.namespace}/${metadata.name}`, {
        ...rest,
        metadata: { uid: metadata.uid, labels: metadata.labels, annotations: Object.fromEntries(annotations) },
      });
    }
  }
  const replicaSets = await client.get<KubeList<KubeObject>>('/apis/apps/v1/replicasets');
  const owners = new Map(replicaSets.items.map((it) => [it.metadata.uid, it.metadata.ownerReferences?.[0]]));
  const pods = await client.get<KubeList<Pod>>('/api/v1/pods');
  return { objects, pods: pods.items.filter(isForeign).map((pod) => podSnapshot(pod, owners)) };
}

type Owner = { kind: string; name: string; uid: string } | undefined;

function podSnapshot({ metadata, status }: Pod, owners: ReadonlyMap<string | undefined, Owner>): PodSnapshot {
  const direct: Owner = metadata.ownerReferences?.find((it) => it.controller);
  const top = direct && (owners.get(direct.uid) ?? direct);
  const namespace = metadata.namespace ?? '';
  return {
    uid: metadata.uid ?? '',
    namespace,
    name: metadata.name,
    workload: top && `${top.kind} ${namespace}/${top.name}`,
    restarts: (status?.containerStatuses ?? []).reduce((sum, it) => sum + it.restartCount, 0),
  };
}
