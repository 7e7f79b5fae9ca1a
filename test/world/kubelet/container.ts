import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, sleep } from '../clock.ts';
import { describeError } from '../errors.ts';
import { type BackOff, type BackOffOptions, NO_BACK_OFF, nextBackOff } from './back-off.ts';
import { ContainerConfigError, type EnvSources, type PodPlace, resolveCommand, resolveEnv } from './container-env.ts';
import { cpuRequestOf, limitsOf } from './container-limits.ts';
import type { EventRecorder } from './events.ts';
import { runHook } from './hook.ts';
import type { Mount } from './launch.ts';
import type { ContainerSpec, ContainerState, ContainerStatus, Hook, Pod, ProbeSpec } from './pod.ts';
import { initialProbeState, nextProbeState, type ProbeKind } from './probe-state.ts';
import type { ContainerRuntime, RunningProcess } from './runtime.ts';

export interface ContainerContext {
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly restartPolicy: 'Always' | 'OnFailure' | 'Never';
  readonly clock: Clock;
  readonly runtime: ContainerRuntime;
  readonly sources: EnvSources;
  readonly events: EventRecorder;
  readonly backOff: BackOffOptions;
  /** Variables that every process gets, under those of the pod. */
  readonly baseEnv: Readonly<Record<string, string>>;
  readonly logFolder: string;
  /** What it mounts, once the volumes of its pod are there. */
  readonly mountsOf: (container: ContainerSpec) => Promise<readonly Mount[]>;
  readonly onChange: () => void;
}

/** SIGKILL, the signal of the kernel's out-of-memory killer. */
const OUT_OF_MEMORY_EXIT = 137;

/** What one run of the process has learnt so far; a restart begins with a new one. */
interface Run {
  readonly process: RunningProcess;
  readonly env: Readonly<Record<string, string>>;
  readonly startedAtMs: number;
  readonly ended: AbortController;
  started: boolean;
  ready: boolean;
}

interface Prepared {
  readonly env: Record<string, string>;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
}

/** One container of one pod over all its restarts. */
export class Container {
  readonly spec: ContainerSpec;
  readonly #context: ContainerContext;
  readonly #ending = new AbortController();
  #state: ContainerState = { waiting: { reason: 'PodInitializing' } };
  #lastState: ContainerState = {};
  #restartCount = 0;
  #backOff: BackOff = NO_BACK_OFF;
  #run: Run | undefined;
  #id: string | undefined;
  #oomKills = 0;

  constructor(spec: ContainerSpec, context: ContainerContext) {
    this.spec = spec;
    this.#context = context;
  }

  status(): ContainerStatus {
    const { name, image } = this.spec;
    return {
      name,
      image,
      imageID: image,
      ...(this.#id === undefined ? {} : { containerID: this.#id }),
      state: this.#state,
      lastState: this.#lastState,
      restartCount: this.#restartCount,
      ready: this.#run?.ready ?? false,
      started: this.#run?.started ?? false,
    };
  }

  /** The processes of this run, for figures; undefined while none runs. */
  get process(): RunningProcess | undefined {
    return this.#run?.process;
  }

  get oomKills(): number {
    return this.#oomKills;
  }

  /**
   * The log of the current run, or of the one before. While it waits for its restart both are the run that has just ended, as the kubelet
   * has it. Undefined when there is no such run.
   */
  logFile(previous: boolean): string | undefined {
    const ran = this.#id !== undefined;
    const waiting = this.#state.waiting !== undefined;
    const run = previous && !waiting ? this.#restartCount - 1 : this.#restartCount;
    if (!ran || run < 0 || (previous && this.#lastState.terminated === undefined)) return undefined;
    return join(this.#context.logFolder, `${run}.log`);
  }

  showWaiting(reason: string, message?: string): void {
    this.#setState({ waiting: { reason, ...(message === undefined ? {} : { message }) } });
  }

  /** Runs it, again and again where the policy says so; returns the last exit code, or undefined if it was ended before. */
  async run(): Promise<number | undefined> {
    for (;;) {
      const startedAtMs = this.#context.clock.now();
      const exitCode = await this.#runOnce();
      const { restartPolicy } = this.#context;
      const restarts = restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);
      if (exitCode === undefined || this.#ending.signal.aborted || !restarts) return exitCode;
      this.#backOff = nextBackOff(this.#backOff, this.#context.clock.now() - startedAtMs, this.#context.backOff);
      await this.#waitForRestart(this.#backOff.delayMs);
      if (this.#ending.signal.aborted) return exitCode;
      this.#restartCount += 1;
    }
  }

  /** preStop hook, SIGTERM, and SIGKILL when the grace is used up. It is not started again. */
  async end(graceMs: number): Promise<void> {
    this.#ending.abort();
    if (this.#run) await this.#endRun(this.#run, graceMs);
  }

  async #waitForRestart(delayMs: number): Promise<void> {
    if (delayMs === 0) return;
    const { pod, clock, events } = this.#context;
    const where = `${this.spec.name} in pod ${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
    const message = `back-off ${Math.round(delayMs / 1000)}s restarting failed container=${where}`;
    this.#lastState = this.#state;
    this.showWaiting('CrashLoopBackOff', message);
    events.record(pod, 'Warning', 'BackOff', `Back-off restarting failed container ${where}`);
    await sleep(clock, delayMs, this.#ending.signal);
  }

  async #runOnce(): Promise<number | undefined> {
    const run = await this.#start();
    if (run === undefined) return this.#state.terminated?.exitCode;
    for (const kind of ['startup', 'liveness', 'readiness'] as const) {
      const spec = this.spec[`${kind}Probe`];
      if (spec) void this.#probe(kind, spec, run);
    }
    const exitCode = await run.process.exited;
    run.ended.abort();
    this.#run = undefined;
    const outOfMemory = exitCode === OUT_OF_MEMORY_EXIT && run.process.wasOutOfMemory();
    if (outOfMemory) this.#oomKills += 1;
    const reason = outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error';
    this.#setTerminated(exitCode, reason, run.startedAtMs);
    return exitCode;
  }

  /** Undefined when it was ended before it ran, or when its program can not be started: then the state is `terminated`. */
  async #start(): Promise<Run | undefined> {
    const { pod, runtime, clock, logFolder, events } = this.#context;
    const prepared = await this.#prepare();
    if (prepared === undefined || this.#ending.signal.aborted) return undefined;
    await mkdir(logFolder, { recursive: true });
    // Kept are the log of this run and of the one before it.
    await rm(join(logFolder, `${this.#restartCount - 2}.log`), { force: true });
    const startedAtMs = clock.now();
    let process: RunningProcess;
    try {
      process = await runtime.start({
        command: prepared.command,
        env: prepared.env,
        cwd: this.spec.workingDir ?? '/',
        logFile: join(logFolder, `${this.#restartCount}.log`),
        group: {
          pod: `pod${pod.metadata.uid}`,
          container: `${this.spec.name}.${this.#restartCount}`,
          podCpuRequest: cpuRequestOf(pod),
        },
        limits: limitsOf(this.spec),
        mounts: prepared.mounts,
      });
    } catch (error) {
      events.record(pod, 'Warning', 'Failed', `Error: ${describeError(error)}`);
      this.#setTerminated(128, 'StartError', startedAtMs, describeError(error));
      return undefined;
    }
    this.#id = process.id;
    const started = this.spec.startupProbe === undefined;
    const run: Run = {
      process,
      env: prepared.env,
      startedAtMs,
      ended: new AbortController(),
      started,
      ready: started && this.spec.readinessProbe === undefined,
    };
    this.#run = run;
    if (this.#state.terminated) this.#lastState = this.#state;
    this.#setState({ running: { startedAt: timeText(startedAtMs) } });
    events.record(pod, 'Normal', 'Started', `Started container ${this.spec.name}`);
    if (this.#ending.signal.aborted) run.process.signal('SIGKILL');
    return run;
  }

  /** Waits, visibly, until the image and everything that the variables refer to are there. */
  async #prepare(): Promise<Prepared | undefined> {
    const { pod, place, sources, runtime, clock, events, backOff } = this.#context;
    for (let attempt = 0; !this.#ending.signal.aborted; attempt += 1) {
      let retryMs = Math.min(backOff.baseMs, 2_000);
      const imageProblem = runtime.imageProblem(this.spec.image);
      if (imageProblem !== undefined) {
        const message = `Failed to pull image "${this.spec.image}": ${imageProblem}`;
        if (attempt === 0) events.record(pod, 'Warning', 'Failed', message);
        if (attempt === 0) this.showWaiting('ErrImagePull', message);
        else this.showWaiting('ImagePullBackOff', `Back-off pulling image "${this.spec.image}"`);
        retryMs = Math.min(backOff.baseMs * 2 ** attempt, backOff.maxMs);
      } else {
        try {
          const env = { ...this.#context.baseEnv, ...(await resolveEnv(this.spec, pod, place, sources)) };
          const mounts = await this.#context.mountsOf(this.spec);
          return { env, command: resolveCommand(this.spec, env, runtime.entrypoint(this.spec.image)), mounts };
        } catch (error) {
          const reason = error instanceof ContainerConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
          if (attempt === 0) events.record(pod, 'Warning', 'Failed', `Error: ${describeError(error)}`);
          this.showWaiting(reason, describeError(error));
        }
      }
      await sleep(clock, retryMs, this.#ending.signal);
    }
    return undefined;
  }

  async #probe(kind: ProbeKind, spec: ProbeSpec, run: Run): Promise<void> {
    const { clock } = this.#context;
    const { signal } = run.ended;
    const periodMs = (spec.periodSeconds ?? 10) * 1000;
    let state = initialProbeState(kind);
    await sleep(clock, (spec.initialDelaySeconds ?? 0) * 1000, signal);
    while (!signal.aborted && !this.#ending.signal.aborted) {
      // Until the startup probe has passed, the others do not ask.
      if (kind === 'startup' || run.started) {
        const problem = await this.#ask(spec, run);
        if (signal.aborted) return;
        state = nextProbeState(state, problem === undefined, spec);
        this.#take(kind, spec, run, state, problem);
        if (kind === 'startup' && run.started) return;
      }
      // The others begin as soon as the startup probe lets them.
      await sleep(clock, kind !== 'startup' && !run.started ? 100 : periodMs, signal);
    }
  }

  #ask(spec: ProbeSpec, run: Run): Promise<string | undefined> {
    const timeoutMs = (spec.timeoutSeconds ?? 1) * 1000;
    return this.#hook(spec, run, timeoutMs);
  }

  #hook(hook: Hook, { process, env }: Run, timeoutMs: number): Promise<string | undefined> {
    const { podIp } = this.#context.place;
    return runHook(hook, { podIp, container: this.spec, env, timeoutMs, inside: (words) => process.inside(words) });
  }

  #take(kind: ProbeKind, spec: ProbeSpec, run: Run, state: { passing: boolean; streak: number }, problem?: string) {
    const { pod, events } = this.#context;
    if (problem !== undefined) {
      const name = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
      events.record(pod, 'Warning', 'Unhealthy', `${name} probe failed: ${problem}`);
    }
    if (kind === 'readiness') this.#setReady(run, state.passing);
    else if (kind === 'startup' && state.passing) {
      run.started = true;
      run.ready = this.spec.readinessProbe === undefined;
      this.#context.onChange();
    } else if (problem !== undefined && !state.passing && state.streak === (spec.failureThreshold ?? 3)) {
      events.record(pod, 'Normal', 'Killing', `Container ${this.spec.name} failed ${kind} probe, will be restarted`);
      const graceS = spec.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
      void this.#endRun(run, graceS * 1000);
    }
  }

  #setReady(run: Run, ready: boolean): void {
    if (run.ready === ready) return;
    run.ready = ready;
    this.#context.onChange();
  }

  async #endRun(run: Run, graceMs: number): Promise<void> {
    const { clock } = this.#context;
    const deadlineMs = clock.now() + graceMs;
    const cancel = clock.setTimer(graceMs, () => run.process.signal('SIGKILL'));
    const hook = graceMs > 0 ? this.spec.lifecycle?.preStop : undefined;
    if (hook?.sleep) await sleep(clock, Math.min(hook.sleep.seconds * 1000, graceMs), run.ended.signal);
    else if (hook) {
      await this.#hook(hook, run, Math.max(1, deadlineMs - clock.now()));
    }
    run.process.signal(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    await run.process.exited;
    cancel();
  }

  #setTerminated(exitCode: number, reason: string, startedAtMs: number, message?: string): void {
    const finishedAt = timeText(this.#context.clock.now());
    const startedAt = timeText(startedAtMs);
    const containerID = this.#id ?? '';
    const base = { exitCode, reason, startedAt, finishedAt, containerID };
    this.#setState({ terminated: message === undefined ? base : { ...base, message } });
  }

  #setState(state: ContainerState): void {
    this.#state = state;
    this.#context.onChange();
  }
}

/** RFC 3339 in whole seconds, the form of Kubernetes's Time. */
export function timeText(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
