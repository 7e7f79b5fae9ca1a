import { createKubeClient, type KubeAccess, type KubeClient } from '../../world/kube/client.ts';
import {
  autoscalerOf,
  type BenchPod,
  deploymentOf,
  deploymentStatus,
  hasAutoscaler,
  namespaceNames,
  namespaceOf,
  podNameOf,
  podOf,
  podStatus,
  replicaSetOf,
  serviceOf,
} from './objects.ts';

interface Made {
  readonly metadata: { readonly uid: string };
}

const PARALLEL = 48;
const PROGRESS_EVERY = 500;

/** Creates the workloads in the API server as CI, controllers and kubelets would, each by its own writes; returns the pods. */
export async function fillCluster(
  access: KubeAccess,
  { workloads, podsEach }: { readonly workloads: number; readonly podsEach: number },
  progress: (text: string) => void,
): Promise<readonly BenchPod[]> {
  const client = createKubeClient(access);
  for (const name of namespaceNames(workloads)) await client.create('/api/v1/namespaces', { metadata: { name } });
  const startedAt = performance.now();
  let done = 0;
  const perWorkload = async (workload: number): Promise<void> => {
    await createWorkload(client, workload, podsEach);
    done += 1;
    if (done % PROGRESS_EVERY !== 0) return;
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    progress(`${done} of ${workloads} workloads, ${done * podsEach} pods created after ${seconds} s`);
  };
  await inParallel(workloads, PARALLEL, perWorkload);
  client.close();
  return Array.from({ length: workloads * podsEach }, (_, index) => {
    const workload = Math.floor(index / podsEach);
    return { namespace: namespaceOf(workload), name: podNameOf(workload, index % podsEach) };
  });
}

async function createWorkload(client: KubeClient, workload: number, pods: number): Promise<void> {
  const namespace = namespaceOf(workload);
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const deployment = await client.create<Made>(`${apps}/deployments?fieldManager=helm`, deploymentOf(workload, pods));
  const replicaSet = await client.create<Made>(
    `${apps}/replicasets?fieldManager=kube-controller-manager`,
    replicaSetOf(workload, pods, deployment.metadata.uid),
  );
  await client.create(`${core}/services?fieldManager=helm`, serviceOf(workload));
  if (hasAutoscaler(workload))
    await client.create(
      `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
      autoscalerOf(workload),
    );
  for (let index = 0; index < pods; index += 1) {
    await client.create(
      `${core}/pods?fieldManager=kube-controller-manager`,
      podOf(workload, index, replicaSet.metadata.uid),
    );
    await client.patch(
      `${core}/pods/${podNameOf(workload, index)}/status?fieldManager=kubelet`,
      'strategic-merge-patch',
      podStatus(workload, index),
    );
  }
  await client.patch(
    `${apps}/deployments/service-${workload}/status?fieldManager=kube-controller-manager`,
    'merge-patch',
    deploymentStatus(pods),
  );
}

async function inParallel(count: number, width: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      await run(index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, worker));
}

/** Restarts one container of each pod, `ratePerS` pods a second: one event of the watch of pods each. Returns the rate that was reached. */
export async function restartContainers(
  access: KubeAccess,
  pods: readonly BenchPod[],
  restartCount: number,
  ratePerS: number,
): Promise<number> {
  const client = createKubeClient(access);
  const startedAt = performance.now();
  await inParallel(pods.length, PARALLEL, async (index) => {
    const pod = pods[index];
    if (pod === undefined) return;
    const waitMs = startedAt + (index * 1000) / ratePerS - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    await client.patch(
      `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/status?fieldManager=kubelet`,
      'strategic-merge-patch',
      { status: { containerStatuses: [{ name: 'main', restartCount }] } },
    );
  });
  client.close();
  return (pods.length * 1000) / (performance.now() - startedAt);
}
