import { createKubeClient, isKubeStatus, type KubeAccess, type KubeClient } from '../../world/kube/client.ts';
import {
  autoscalerOf,
  type BenchPod,
  deploymentOf,
  hasAutoscaler,
  namespaceNames,
  namespaceOf,
  podNameOf,
  podOf,
  podStatus,
  replicaSetOf,
  serviceOf,
} from './objects.ts';

export interface ClusterSize {
  readonly workloads: number;
  readonly podsEach: number;
}

interface Made {
  readonly metadata: { readonly uid: string };
}

const PARALLEL = 16;
const ATTEMPTS = 5;
const PROGRESS_EVERY = 500;

/** Creates the workloads in the API server as CI, controllers and kubelets would, each by its own writes; returns the pods. */
export async function fillCluster(
  access: KubeAccess,
  { workloads, podsEach }: ClusterSize,
  progress: (text: string) => void,
): Promise<readonly BenchPod[]> {
  const client = createKubeClient(access);
  for (const name of namespaceNames(workloads))
    await createOnce(client, '/api/v1/namespaces', 'helm', { metadata: { name } });
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
  return podsOf({ workloads, podsEach });
}

export function podsOf({ workloads, podsEach }: ClusterSize): readonly BenchPod[] {
  return Array.from({ length: workloads * podsEach }, (_, index) => {
    const workload = Math.floor(index / podsEach);
    return { namespace: namespaceOf(workload), name: podNameOf(workload, index % podsEach) };
  });
}

async function createWorkload(client: KubeClient, workload: number, pods: number): Promise<void> {
  const namespace = namespaceOf(workload);
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  const core = `/api/v1/namespaces/${namespace}`;
  const make = (path: string, manager: string, object: object) => createOnce(client, path, manager, object);
  const deployment = await make(`${apps}/deployments`, 'helm', deploymentOf(workload, pods));
  const replicaSet = await make(
    `${apps}/replicasets`,
    'kube-controller-manager',
    replicaSetOf(workload, pods, deployment.metadata.uid),
  );
  await make(`${core}/services`, 'helm', serviceOf(workload));
  if (hasAutoscaler(workload)) {
    const autoscalers = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`;
    await make(autoscalers, 'helm', autoscalerOf(workload));
  }
  for (let index = 0; index < pods; index += 1) {
    const pod = podOf(workload, index, replicaSet.metadata.uid);
    const made = await make(`${core}/pods`, 'kube-controller-manager', pod);
    const path = `${core}/pods/${podNameOf(workload, index)}/status?fieldManager=kubelet`;
    await patiently(() => client.replace(path, { ...made, ...podStatus(workload, index) }));
  }
}

/** A server that is filled while its machine does other work leaves a request unanswered now and then. */
async function patiently<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (attempt === ATTEMPTS || isKubeStatus(error, 400, 401, 403, 404, 422)) throw error;
    }
  }
}

/** What is there already, from an answer that was lost or a run that was ended, is taken as it is. */
function createOnce(client: KubeClient, path: string, manager: string, object: object): Promise<Made> {
  const { name } = (object as { metadata: { name: string } }).metadata;
  return patiently(async () => {
    try {
      return await client.create<Made>(`${path}?fieldManager=${manager}`, object);
    } catch (error) {
      if (!isKubeStatus(error, 409)) throw error;
      return client.get<Made>(`${path}/${name}`);
    }
  });
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
    await patiently(() =>
      client.patch(
        `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/status?fieldManager=kubelet`,
        'strategic-merge-patch',
        { status: { containerStatuses: [{ name: 'main', restartCount }] } },
      ),
    );
  });
  client.close();
  return (pods.length * 1000) / (performance.now() - startedAt);
}
