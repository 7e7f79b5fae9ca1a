import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';

export interface ProcessSpec {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Both outputs of the process go here, in the order in which they come. */
  readonly logFile: string;
}

/** One container's process group. */
export interface RunningProcess {
  readonly id: string;
  /** Exit code as container runtimes tell it: 128 + the number of the signal that ended it. */
  readonly exited: Promise<number>;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

/** What runs a container. Limits by control groups belong in here, behind the same two functions. */
export interface ContainerRuntime {
  /** Why the image can not be had, or undefined when it is there. */
  imageProblem(image: string): string | undefined;
  /** Rejects when the program can not be started at all. */
  start(spec: ProcessSpec): Promise<RunningProcess>;
}

/** Images of the world are names only: the command says what runs. Any other name is one that no registry has. */
export const WORLD_IMAGES = 'world.local/';

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
  SIGINT: 2,
};

export function createProcessRuntime(): ContainerRuntime {
  return {
    imageProblem(image) {
      if (image.startsWith(WORLD_IMAGES)) return undefined;
      return `failed to resolve reference "${image}": not found; images of the world start with ${WORLD_IMAGES}`;
    },
    start: startProcess,
  };
}

function startProcess({ command, env, cwd, logFile }: ProcessSpec): Promise<RunningProcess> {
  const [program, ...args] = command;
  if (program === undefined) return Promise.reject(new Error('no command specified'));
  const log = openSync(logFile, 'a');
  // A session of its own: signals go to the whole group, and to nobody else.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env, cwd });
  closeSync(log);
  const exited = new Promise<number>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.removeListener('error', reject);
      child.on('error', () => undefined);
      const group = child.pid;
      // Children that outlive the first process of a container end with it.
      void exited.then(() => signalGroup(group, 'SIGKILL'));
      resolve({
        id: `process://${randomBytes(32).toString('hex')}`,
        exited,
        signal: (name) => signalGroup(group, name),
      });
    });
  });
}

function signalGroup(group: number | undefined, name: NodeJS.Signals): void {
  if (group === undefined) return;
  try {
    process.kill(-group, name);
  } catch {
    // The group is empty already.
  }
}
