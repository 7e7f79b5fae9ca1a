// The informers that come with the official client, on the same collections and with nothing done to what they keep.
import {
  AppsV1Api,
  AutoscalingV2Api,
  CoreV1Api,
  type Informer,
  KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
  makeInformer,
  type V1Pod,
} from '@kubernetes/client-node';
import { serveParent } from './child.ts';

const AGAIN_MS = 1_000;
const config = new KubeConfig();
config.loadFromFile(process.argv[2] ?? '');
const core = config.makeApiClient(CoreV1Api);
const apps = config.makeApiClient(AppsV1Api);
const autoscaling = config.makeApiClient(AutoscalingV2Api);
const startedAt = performance.now();

function informer<T extends KubernetesObject>(path: string, list: () => Promise<KubernetesListObject<T>>) {
  return makeInformer(config, path, list);
}

/** Begins again after an error, as its documentation does; it does not by itself. */
async function start(one: Informer<KubernetesObject>): Promise<void> {
  let isListed = false;
  let failures = 0;
  one.on('error', (error: unknown) => {
    process.stderr.write(`informer: ${String(error)}\n`);
    failures += 1;
    if (isListed) setTimeout(() => void one.start(), AGAIN_MS);
  });
  for (let before = -1; before !== failures; ) {
    before = failures;
    await one.start();
  }
  isListed = true;
}

const pods = informer<V1Pod>('/api/v1/pods', () => core.listPodForAllNamespaces());
const deployments = informer('/apis/apps/v1/deployments', () => apps.listDeploymentForAllNamespaces());
const others = [
  informer('/api/v1/namespaces', () => core.listNamespace()),
  informer('/apis/apps/v1/statefulsets', () => apps.listStatefulSetForAllNamespaces()),
  informer('/apis/apps/v1/daemonsets', () => apps.listDaemonSetForAllNamespaces()),
  informer('/apis/apps/v1/replicasets', () => apps.listReplicaSetForAllNamespaces()),
  informer('/api/v1/services', () => core.listServiceForAllNamespaces()),
  informer('/apis/autoscaling/v2/horizontalpodautoscalers', () =>
    autoscaling.listHorizontalPodAutoscalerForAllNamespaces(),
  ),
];
await Promise.all([start(pods), start(deployments), ...others.map((it) => start(it))]);
const syncedMs = performance.now() - startedAt;

serveParent(syncedMs, () => {
  const all = pods.list();
  return {
    workloads: deployments.list().length,
    pods: all.length,
    restarts: all.reduce(
      (sum, { status }) => sum + (status?.containerStatuses ?? []).reduce((of, it) => of + it.restartCount, 0),
      0,
    ),
  };
});
