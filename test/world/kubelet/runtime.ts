import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Cgroup } from './cgroup/groups.ts';
import type { Limits } from './cgroup/limits.ts';
import type { Usage } from './cgroup/read.ts';
import { launchCommand, type Mount } from './launch.ts';

export interface ProcessSpec {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both outputs of the process go here, in the order in which they come. */
  readonly logFile: string;
  /** Names of its control group and of the group of its pod above it, which has the weight of all its containers. */
  readonly group: { readonly pod: string; readonly container: string; readonly podCpuRequest: number };
  readonly limits: Limits;
  readonly mounts: readonly Mount[];
}

/** One container's process group. */
export interface RunningProcess {
  readonly id: string;
  /** Exit code as container runtimes tell it: 128 + the number of the signal that ended it. */
  readonly exited: Promise<number>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Whether the kernel has killed in its memory group. */
  wasOutOfMemory(): boolean;
  /** Undefined where there are no control groups, and after the end. */
  figures(): { readonly usage: Usage; readonly cgroupId: string } | undefined;
  /** The words that run a command among its mounts and in its control group. */
  inside(command: readonly string[]): readonly string[];
}

/** What runs a container. */
export interface ContainerRuntime {
  /** Why the image can not be had, or undefined when it is there. */
  imageProblem(image: string): string | undefined;
  /** What runs where the pod names no command. */
  entrypoint(image: string): readonly string[];
  /** Rejects when the program can not be started at all. */
  start(spec: ProcessSpec): Promise<RunningProcess>;
  /** Forgets the control groups of a pod that is gone. */
  forgetPod(pod: string): void;
}

export interface RuntimeOptions {
  /** The group of the node; without it limits hold nowhere. */
  readonly cgroup: Cgroup | undefined;
  /** Empty folder for the roots of containers with mounts. */
  readonly rootFolder: string;
}

/** Images of the world are names only: the command says what runs. Any other name is one that no registry has. */
export const WORLD_IMAGES = 'world.local/';

/** The checkout itself stands for an image built from it. */
const ENTRYPOINTS: Readonly<Record<string, readonly string[]>> = {
  [`${WORLD_IMAGES}hale`]: [process.execPath, resolve(import.meta.dirname, '../../../src/main.ts')],
};

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
  SIGINT: 2,
};

export function createProcessRuntime({ cgroup, rootFolder }: RuntimeOptions): ContainerRuntime {
  const pods = new Map<string, Cgroup>();
  function podGroup({ pod, podCpuRequest }: ProcessSpec['group']): Cgroup | undefined {
    const known = pods.get(pod) ?? cgroup?.child(pod, { cpuRequest: podCpuRequest });
    if (known) pods.set(pod, known);
    return known;
  }
  return {
    imageProblem(image) {
      if (image.startsWith(WORLD_IMAGES)) return undefined;
      return `failed to resolve reference "${image}": not found; images of the world start with ${WORLD_IMAGES}`;
    },
    entrypoint: (image) => ENTRYPOINTS[image.replace(/:[^:/]*$/, '')] ?? [],
    async start(spec) {
      if (spec.command.length === 0) throw new Error('no command specified');
      const group = podGroup(spec.group)?.child(spec.group.container, spec.limits);
      const started = await startProcess(spec, rootFolder, group).catch((error: unknown) => {
        group?.remove();
        throw error;
      });
      return started;
    },
    forgetPod(pod) {
      pods.get(pod)?.remove();
      pods.delete(pod);
    },
  };
}

async function startProcess(spec: ProcessSpec, rootFolder: string, cgroup: Cgroup | undefined) {
  const { command, env, cwd, logFile, mounts } = spec;
  const cgroupEntries = cgroup?.entries ?? [];
  const [program = '', ...args] = launchCommand({ command, cwd, cgroupEntries, mounts, rootFolder });
  const log = openSync(logFile, 'a');
  // A session of its own: signals go to the whole group, and to nobody else.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log, 'pipe'], env });
  closeSync(log);
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', resolve);
  });
  child.on('error', () => undefined);
  const problem = await textOf(child.stdio[3] as Readable);
  if (problem !== '') throw new Error(problem);
  const group = child.pid;
  let oomKills = 0;
  let ended = false;
  // Children that outlive the first process of a container end with it.
  const over = exited.then((exitCode) => {
    oomKills = cgroup?.usage().oomKills ?? 0;
    ended = true;
    signalGroup(group, 'SIGKILL');
    cgroup?.remove();
    return exitCode;
  });
  return {
    id: `process://${randomBytes(32).toString('hex')}`,
    exited: over,
    signal: (name: NodeJS.Signals) => signalGroup(group, name),
    wasOutOfMemory: () => oomKills > 0,
    figures: () => (ended || !cgroup ? undefined : { usage: cgroup.usage(), cgroupId: cgroup.id }),
    inside: (words: readonly string[]) => insideCommand(String(group), cwd, cgroupEntries, mounts.length > 0, words),
  } satisfies RunningProcess;
}

function insideCommand(
  pid: string,
  cwd: string,
  cgroupEntries: readonly string[],
  hasRoot: boolean,
  command: readonly string[],
): readonly string[] {
  const enter = hasRoot ? ['/usr/bin/nsenter', '--target', pid, '--mount', '--root', '--wd'] : [];
  const script = 'while [ "$1" != -- ]; do echo 0 > "$1"; shift; done; shift; cd "$1"; shift; exec "$@"';
  // The folder is one of the container; outside its root it may not exist.
  return ['/bin/sh', '-c', script, 'sh', ...cgroupEntries, '--', hasRoot ? '/' : cwd, ...enter, ...command];
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) text += String(chunk);
  return text;
}

function signalGroup(group: number | undefined, name: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, name);
  } catch {
    // The group is empty already.
  }
}
