import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { isKubeStatus, type KubeClient } from '../kube/client.ts';
import { ListWatch } from '../kube/list-watch.ts';
import { type BackOffOptions, KUBELET_BACK_OFF } from './back-off.ts';
import { timeText } from './container.ts';
import type { EnvSources } from './container-env.ts';
import { createEventRecorder, type EventRecorder } from './events.ts';
import type { Pod } from './pod.ts';
import { createPodAddresses, type PodAddresses } from './pod-addresses.ts';
import { PodWorker } from './pod-worker.ts';
import { type ContainerRuntime, createProcessRuntime } from './runtime.ts';

export interface KubeletOptions {
  readonly node: string;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly folder: string;
  /** First three numbers of the pod addresses, such as `10.244.1`. */
  readonly podPrefix: string;
  readonly hostIp: string;
  readonly capacity: { readonly cpu: string; readonly memory: string; readonly pods: string };
  readonly backOff?: BackOffOptions;
  readonly runtime?: ContainerRuntime;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly onTrouble: (line: string) => void;
}

const LEASE_S = 40;
const LEASE_RENEWAL_MS = 10_000;
const NODE_LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** The API wants every field; what a process has no answer for is empty. */
const NODE_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: 'process kubelet',
  containerRuntimeVersion: 'process://1',
  kubeletVersion: 'v1.35.4',
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: process.arch,
};

/** Plays a node: registers it, keeps it Ready, and runs the pods that the scheduler binds to it as local processes. */
export class Kubelet {
  readonly #options: KubeletOptions;
  readonly #pods: ListWatch<Pod>;
  readonly #workers = new Map<string, PodWorker>();
  readonly #addresses: PodAddresses;
  readonly #events: EventRecorder;
  readonly #stopping = new AbortController();
  #heartbeat: Promise<void> | undefined;

  constructor(options: KubeletOptions) {
    this.#options = options;
    const { client, clock, node, onTrouble } = options;
    this.#addresses = createPodAddresses(options.podPrefix);
    this.#events = createEventRecorder({ client, node, now: () => new Date(clock.now()), onTrouble });
    this.#pods = new ListWatch<Pod>({
      client,
      clock,
      path: `/api/v1/pods?fieldSelector=spec.nodeName%3D${node}`,
      onChange: (pod, change) => this.#onPod(pod, change),
      onTrouble,
    });
  }

  /** Resolves when the node is registered and its pods are watched. */
  async start(): Promise<void> {
    const uid = await this.#registerNode();
    await this.#pods.start();
    this.#heartbeat = this.#beat(uid);
  }

  /** Ends every process of its pods; the API server is told nothing, for it is about to stop itself. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#pods.stop();
    await Promise.all([...this.#workers.values()].map((it) => it.end(false, 2_000)));
    await this.#heartbeat;
  }

  #onPod(pod: Pod, change: 'present' | 'deleted'): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.#workers.get(uid);
    if (change === 'deleted') void worker?.kill();
    else if (worker) worker.update(pod);
    else if (!this.#stopping.signal.aborted) this.#adopt(uid, pod);
  }

  #adopt(uid: string, pod: Pod): void {
    const { client, clock, backOff = KUBELET_BACK_OFF, baseEnv, folder, hostIp, onTrouble } = this.#options;
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (ended && pod.metadata.deletionTimestamp === undefined) return;
    const podIp = this.#addresses.take();
    const worker = new PodWorker(pod, {
      client,
      clock,
      runtime: this.#options.runtime ?? createProcessRuntime(),
      sources: envSources(client, pod.metadata.namespace ?? 'default'),
      events: this.#events,
      backOff,
      place: { podIp, hostIp },
      baseEnv,
      podsFolder: join(folder, 'pods'),
      onTrouble,
    });
    this.#workers.set(uid, worker);
    void this.#forget(uid, worker, podIp);
    if (pod.metadata.deletionTimestamp === undefined) worker.start();
    else worker.update(pod);
  }

  async #forget(uid: string, worker: PodWorker, podIp: string): Promise<void> {
    await worker.gone;
    this.#workers.delete(uid);
    this.#addresses.release(podIp);
  }

  async #registerNode(): Promise<string> {
    const { client, node, capacity, hostIp, clock } = this.#options;
    const labels = { 'kubernetes.io/hostname': node, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': process.arch };
    const created = await client.create<{ metadata: { uid: string } }>('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: node, labels },
    });
    const now = timeText(clock.now());
    const condition = (type: string, status: string, reason: string) => ({
      type,
      status,
      reason,
      message: reason,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    });
    await client.patch(`/api/v1/nodes/${node}/status`, 'strategic-merge-patch', {
      status: {
        capacity,
        allocatable: capacity,
        addresses: [
          { type: 'InternalIP', address: hostIp },
          { type: 'Hostname', address: node },
        ],
        nodeInfo: NODE_INFO,
        conditions: [
          condition('Ready', 'True', 'KubeletReady'),
          condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
          condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
          condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        ],
      },
    });
    return created.metadata.uid;
  }

  async #beat(uid: string): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      let nextMs = LEASE_RENEWAL_MS;
      try {
        await this.#renewLease(uid);
      } catch (error) {
        // Right after the start its namespace may not be there yet.
        nextMs = 1_000;
        if (!isKubeStatus(error, 404)) this.#options.onTrouble(`node lease: ${describeError(error)}`);
      }
      await sleep(this.#options.clock, nextMs, this.#stopping.signal);
    }
  }

  async #renewLease(uid: string): Promise<void> {
    const { client, node, clock } = this.#options;
    // MicroTime wants six decimals where JavaScript writes three.
    const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: node, leaseDurationSeconds: LEASE_S, renewTime };
    try {
      await client.patch(`${NODE_LEASES}/${node}`, 'merge-patch', { spec });
    } catch (error) {
      if (!isKubeStatus(error, 404)) throw error;
      const owner = { apiVersion: 'v1', kind: 'Node', name: node, uid };
      await client.create(NODE_LEASES, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { name: node, namespace: 'kube-node-lease', ownerReferences: [owner] },
        spec,
      });
    }
  }
}

/** Reads with the node's own rights: the Node authorizer grants what a pod of this node refers to. */
function envSources(client: KubeClient, namespace: string): EnvSources {
  async function data(kind: 'configmaps' | 'secrets', name: string) {
    try {
      const path = `/api/v1/namespaces/${namespace}/${kind}/${name}`;
      return (await client.get<{ data?: Record<string, string> }>(path)).data ?? {};
    } catch (error) {
      if (isKubeStatus(error, 404)) return undefined;
      throw error;
    }
  }
  return {
    configMap: (name) => data('configmaps', name),
    async secret(name) {
      const encoded = await data('secrets', name);
      if (encoded === undefined) return undefined;
      const decode = (value: string) => Buffer.from(value, 'base64').toString('utf8');
      return Object.fromEntries(Object.entries(encoded).map(([key, value]) => [key, decode(value)]));
    },
  };
}
