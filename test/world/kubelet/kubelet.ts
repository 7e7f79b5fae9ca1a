import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { isKubeStatus, type KubeClient } from '../kube/client.ts';
import { ListWatch } from '../kube/list-watch.ts';
import { type BackOffOptions, KUBELET_BACK_OFF } from './back-off.ts';
import type { Container } from './container.ts';
import { limitsOf } from './container-limits.ts';
import { createEventRecorder, type EventRecorder } from './events.ts';
import type { ContainerFigures, VolumeFigures } from './figures/container-figures.ts';
import { registerNode } from './node-status.ts';
import type { Pod } from './pod.ts';
import { createPodAddresses, type PodAddresses } from './pod-addresses.ts';
import { PodWorker } from './pod-worker.ts';
import type { ContainerRuntime } from './runtime.ts';
import { NoLog } from './server/node-server.ts';
import { createSources } from './sources.ts';
import { volumeFiguresOf } from './volumes/volume-figures.ts';

export interface KubeletOptions {
  readonly node: string;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly folder: string;
  /** First three numbers of the pod addresses, such as `10.244.1`. */
  readonly podPrefix: string;
  readonly hostIp: string;
  readonly capacity: { readonly cpu: string; readonly memory: string; readonly pods: string };
  readonly serverPort: number;
  readonly backOff?: BackOffOptions;
  readonly runtime: ContainerRuntime;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly onTrouble: (line: string) => void;
}

const LEASE_S = 40;
const LEASE_RENEWAL_MS = 10_000;
const NODE_LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

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
    const { client, clock } = this.#options;
    const uid = await registerNode(client, this.#options, clock.now());
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

  /** File of a container's log, for whoever serves it; throws NoLog. */
  logOf(namespace: string, name: string, containerName: string, previous: boolean): string {
    const worker = this.#workerOf(namespace, name);
    if (worker === undefined) throw new NoLog(404, `pod "${namespace}/${name}" not found`);
    const container = worker.containers().find((it) => it.spec.name === containerName);
    if (container === undefined) throw new NoLog(404, `container "${containerName}" in pod "${name}" is not available`);
    const file = container.logFile(previous);
    if (file !== undefined) return file;
    const which = `container "${containerName}" in pod "${name}"`;
    const waiting = container.status().state.waiting?.reason ?? 'unknown';
    if (previous) throw new NoLog(400, `previous terminated ${which} not found`);
    throw new NoLog(400, `${which} is waiting to start: ${waiting}`);
  }

  labelsOf(namespace: string, name: string): Readonly<Record<string, string>> {
    return this.#workerOf(namespace, name)?.pod.metadata.labels ?? {};
  }

  #workerOf(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].find(
      ({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name,
    );
  }

  /** Logs that grow at the moment. */
  currentLogs(): readonly string[] {
    return [...this.#workers.values()].flatMap((worker) =>
      worker.containers().flatMap((it) => it.logFile(false) ?? []),
    );
  }

  writesTo(file: string): boolean {
    return [...this.#workers.values()].some((worker) =>
      worker.containers().some((it) => it.process !== undefined && it.logFile(false) === file),
    );
  }

  /** What each running container uses; empty where there are no control groups. */
  containerFigures(): readonly ContainerFigures[] {
    return [...this.#workers.values()].flatMap((worker) =>
      worker.containers().flatMap((it) => figuresOf(worker.pod, it)),
    );
  }

  volumeFigures(): readonly VolumeFigures[] {
    return [...this.#workers.values()].flatMap((worker) => volumeFiguresOf(worker.pod, worker.claimFolders()));
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
    const sources = createSources(client, pod.metadata.namespace ?? 'default');
    const worker = new PodWorker(pod, {
      client,
      clock,
      runtime: this.#options.runtime,
      sources,
      volumeSources: sources.volumes,
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

function figuresOf({ metadata }: Pod, container: Container): ContainerFigures[] {
  const figures = container.process?.figures();
  const { state, containerID = '' } = container.status();
  if (figures === undefined || state.running === undefined) return [];
  const log = container.logFile(false);
  return [
    {
      namespace: metadata.namespace ?? 'default',
      pod: metadata.name,
      container: container.spec.name,
      image: container.spec.image,
      containerId: containerID,
      startedAtMs: Date.parse(state.running.startedAt),
      limits: limitsOf(container.spec),
      oomKills: container.oomKills,
      logBytes: (log && statSync(log, { throwIfNoEntry: false })?.size) || 0,
      ...figures,
    },
  ];
}
