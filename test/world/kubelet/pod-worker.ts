import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { isKubeStatus, type KubeClient } from '../kube/client.ts';
import type { BackOffOptions } from './back-off.ts';
import { Container, type ContainerContext, timeText } from './container.ts';
import type { EnvSources, PodPlace } from './container-env.ts';
import type { EventRecorder } from './events.ts';
import type { ContainerSpec, Pod, PodStatus } from './pod.ts';
import { podStatus } from './pod-status.ts';
import type { ContainerRuntime } from './runtime.ts';
import { unsupportedFeature } from './unsupported.ts';
import { PodVolumes } from './volumes/pod-volumes.ts';
import { MountError, type VolumeSources } from './volumes/volume-files.ts';

export interface PodWorkerContext {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly sources: EnvSources;
  readonly volumeSources: VolumeSources;
  readonly events: EventRecorder;
  readonly backOff: BackOffOptions;
  readonly place: PodPlace;
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly podsFolder: string;
  readonly onTrouble: (line: string) => void;
}

const RETRY_MS = 300;
const MOUNT_RETRY_MS = 1_000;
/** How soon a changed ConfigMap or Secret shows in a mounted file: the kubelet's own figure (its syncFrequency). */
const REFRESH_MS = 60_000;

/** Plays one pod from its binding to its end: containers, status, deletion. */
export class PodWorker {
  readonly #context: PodWorkerContext;
  readonly #initContainers: readonly Container[];
  readonly #containers: readonly Container[];
  readonly #volumes: PodVolumes;
  readonly #startTime: string;
  readonly #over = new AbortController();
  readonly #gone = Promise.withResolvers<void>();
  #pod: Pod;
  #published: PodStatus | undefined;
  #publishing: Promise<void> | undefined;
  #dirty = false;
  #ending: Promise<void> | undefined;

  constructor(pod: Pod, context: PodWorkerContext) {
    this.#pod = pod;
    this.#context = context;
    this.#startTime = pod.status?.startTime ?? timeText(context.clock.now());
    this.#volumes = new PodVolumes(pod, context.place, context.volumeSources, join(this.#folder(), 'volumes'));
    const policy = pod.spec.restartPolicy ?? 'Always';
    const initPolicy = policy === 'Always' ? 'OnFailure' : policy;
    this.#initContainers = (pod.spec.initContainers ?? []).map((it) => this.#container(it, initPolicy));
    this.#containers = pod.spec.containers.map((it) => this.#container(it, policy));
  }

  /** Resolves when its processes have ended and the API server has been told, if it was to be told. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Init containers first. */
  containers(): readonly Container[] {
    return [...this.#initContainers, ...this.#containers];
  }

  /** Folder of each claim that it has mounted, by the name of the claim. */
  claimFolders(): ReadonlyMap<string, string> {
    return this.#volumes.claimFolders();
  }

  start(): void {
    const unsupported = unsupportedFeature(this.#pod);
    if (unsupported !== undefined) {
      const message = `the process kubelet does not do this: ${unsupported}`;
      for (const container of this.#containers) container.showWaiting('CreateContainerConfigError', message);
      this.#context.events.record(this.#pod, 'Warning', 'Failed', `Error: ${message}`);
      return;
    }
    this.#changed();
    void this.#runContainers();
  }

  /** Takes in what the API server says now; a deletion begins once. */
  update(pod: Pod): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined) void this.end(true);
  }

  /** Ends the processes; `remove` also tells the API server that the pod is gone. Resolves when all is done. */
  end(remove: boolean, graceMs?: number): Promise<void> {
    this.#ending ??= this.#end(remove, graceMs);
    return this.#ending;
  }

  /** The pod is gone from the API server: nothing is left to be told. */
  async kill(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.containers().map((it) => it.end(0)));
    await this.end(false, 0);
  }

  async #runContainers(): Promise<void> {
    if (!(await this.#setUpVolumes())) return;
    void this.#refreshVolumes();
    for (const container of this.#initContainers) {
      const exitCode = await container.run();
      if (exitCode !== 0) return;
    }
    for (const container of this.#containers) container.showWaiting('ContainerCreating');
    await Promise.all(this.#containers.map((it) => it.run()));
  }

  /** Tries until all is there, visibly: the containers wait in ContainerCreating, as an Event says what for. */
  async #setUpVolumes(): Promise<boolean> {
    const { clock, events, onTrouble } = this.#context;
    if (this.#initContainers.length === 0) {
      for (const container of this.#containers) container.showWaiting('ContainerCreating');
    }
    while (!this.#isEnding()) {
      try {
        await this.#volumes.setUp();
        return true;
      } catch (error) {
        if (error instanceof MountError) events.record(this.#pod, 'Warning', 'FailedMount', error.message);
        // The authorizer learns a moment after the node which objects a new pod refers to.
        else if (!isKubeStatus(error, 403))
          onTrouble(`volumes of pod ${this.#pod.metadata.name}: ${describeError(error)}`);
        await sleep(clock, MOUNT_RETRY_MS, this.#over.signal);
      }
    }
    return false;
  }

  async #refreshVolumes(): Promise<void> {
    const { clock, onTrouble } = this.#context;
    if ((this.#pod.spec.volumes ?? []).length === 0) return;
    for (;;) {
      await sleep(clock, REFRESH_MS, this.#over.signal);
      if (this.#isEnding()) return;
      // What was mounted stays mounted when its object goes away.
      await this.#volumes.setUp().catch((error: unknown) => {
        if (!(error instanceof MountError))
          onTrouble(`volumes of pod ${this.#pod.metadata.name}: ${describeError(error)}`);
      });
    }
  }

  #isEnding(): boolean {
    return this.#over.signal.aborted || this.#ending !== undefined;
  }

  async #end(remove: boolean, graceMs?: number): Promise<void> {
    const { metadata, spec } = this.#pod;
    const graceS = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    for (const container of this.#containers) {
      if (!container.status().state.running) continue;
      this.#context.events.record(this.#pod, 'Normal', 'Killing', `Stopping container ${container.spec.name}`);
    }
    await Promise.all(this.containers().map((it) => it.end(graceMs ?? graceS * 1000)));
    await this.#publishing;
    this.#context.runtime.forgetPod(`pod${this.#pod.metadata.uid}`);
    if (remove) await this.#remove();
    this.#over.abort();
    this.#gone.resolve();
  }

  async #remove(): Promise<void> {
    const { uid } = this.#pod.metadata;
    while (!this.#over.signal.aborted) {
      try {
        await this.#context.client.delete(this.#path(), { gracePeriodSeconds: 0, preconditions: { uid } });
        return;
      } catch (error) {
        // Gone already, or a new pod has the name.
        if (isKubeStatus(error, 404, 409)) return;
        this.#context.onTrouble(`deleting pod ${this.#pod.metadata.name}: ${describeError(error)}`);
        await sleep(this.#context.clock, RETRY_MS, this.#over.signal);
      }
    }
  }

  #changed(): void {
    this.#dirty = true;
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
      if (this.#dirty && !this.#over.signal.aborted) this.#changed();
    });
  }

  async #publish(): Promise<void> {
    while (this.#dirty && !this.#over.signal.aborted) {
      this.#dirty = false;
      const status = this.#status();
      if (JSON.stringify(status) === JSON.stringify(this.#published)) continue;
      try {
        // The uid makes the server refuse when another pod has taken the name. Conditions are merged by type: what an answer no longer
        // has must be taken away by name.
        const conditions = (status.conditions ?? []).map((it) => ({ reason: null, message: null, ...it }));
        const body = { metadata: { uid: this.#pod.metadata.uid }, status: { ...status, conditions } };
        await this.#context.client.patch(`${this.#path()}/status`, 'strategic-merge-patch', body);
        this.#published = status;
      } catch (error) {
        if (isKubeStatus(error, 404, 409)) return;
        this.#context.onTrouble(`status of pod ${this.#pod.metadata.name}: ${describeError(error)}`);
        this.#dirty = true;
        await sleep(this.#context.clock, RETRY_MS, this.#over.signal);
      }
    }
  }

  #status(): PodStatus {
    return podStatus({
      pod: this.#pod,
      initContainers: this.#initContainers.map((it) => it.status()),
      containers: this.#containers.map((it) => it.status()),
      podIp: this.#context.place.podIp,
      hostIp: this.#context.place.hostIp,
      startTime: this.#startTime,
      now: timeText(this.#context.clock.now()),
      previous: this.#published,
    });
  }

  #container(spec: ContainerSpec, restartPolicy: ContainerContext['restartPolicy']): Container {
    const { name } = this.#pod.metadata;
    const { clock, runtime, sources, events, backOff, place } = this.#context;
    return new Container(spec, {
      pod: this.#pod,
      place,
      restartPolicy,
      clock,
      runtime,
      sources,
      events,
      backOff,
      baseEnv: { HOSTNAME: name, ...this.#context.baseEnv },
      logFolder: join(this.#folder(), spec.name),
      mountsOf: (container) => this.#volumes.mountsOf(container),
      onChange: () => this.#changed(),
    });
  }

  #folder(): string {
    const { namespace, name, uid } = this.#pod.metadata;
    return join(this.#context.podsFolder, `${namespace}_${name}_${uid}`);
  }

  #path(): string {
    return `/api/v1/namespaces/${this.#pod.metadata.namespace}/pods/${this.#pod.metadata.name}`;
  }
}
