import { type ChildProcess, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { describeError, WorldError } from './errors.ts';
import { POD_NETWORK, SERVICE_DEVICE_ADDRESS } from './network.ts';
import { runCommand } from './run-command.ts';

const OUTER_NETWORK = 'HALE_WORLD_OUTER_NETWORK';

export interface InnerRun {
  readonly unshare: string;
  /** Script to run inside, under the same Node. */
  readonly entry: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the script sends by `process.send`. */
  readonly onMessage: (message: unknown) => void;
  /** Called once the script can be spoken to; `pid` is that of `unshare`. */
  readonly onStart?: (inner: { readonly pid: number; send(message: object): void }) => void;
}

export interface InnerEnd {
  /** Exit code or signal, in words. */
  readonly how: string;
  /** A signal to this process ended it. */
  readonly interrupted: boolean;
}

/**
 * Runs the script in network, process and mount namespaces of its own until it ends. The namespaces have no names and end with
 * their last process; when the first process in there dies, for whatever reason, the kernel kills all the others. Works as root, or
 * without by a user namespace. The first SIGINT, SIGTERM or SIGHUP asks the script to stop, the second kills everything inside.
 */
export function runInNamespace(run: InnerRun): Promise<InnerEnd> {
  const asRoot = process.getuid?.() === 0;
  const args = [
    ...(asRoot ? [] : ['--user', '--map-root-user']),
    '--net',
    '--pid',
    '--mount',
    '--fork',
    '--mount-proc',
    '--kill-child=SIGKILL',
    // A shell is the first process because it reaps orphans, which Node does not.
    'sh',
    '-c',
    '"$@"; exit $?',
    'sh',
    process.execPath,
    run.entry,
    ...run.args,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(run.unshare, args, {
      // A process group of its own: the terminal's Ctrl-C reaches only us, and the script hears of it once.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...run.env, [OUTER_NETWORK]: readlinkSync('/proc/self/ns/net') },
    });
    const { wasAsked, forget } = forwardSignals(child);
    child.on('message', run.onMessage);
    child.once('spawn', () => {
      const send = (message: object) => {
        if (child.connected) child.send(message);
      };
      if (child.pid !== undefined) run.onStart?.({ pid: child.pid, send });
    });
    child.once('error', (error) => {
      forget();
      reject(new WorldError('no-namespace', `${run.unshare}: ${error.message}`));
    });
    child.once('exit', (code, signal) => {
      forget();
      resolve({ how: signal ?? `exit code ${code}`, interrupted: wasAsked() });
    });
  });
}

function forwardSignals(child: ChildProcess): { wasAsked: () => boolean; forget: () => void } {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked || !child.connected) child.kill('SIGKILL');
    else child.send({ stop: signal });
    asked = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    wasAsked: () => asked,
    forget: () => {
      for (const signal of signals) process.removeListener(signal, onSignal);
    },
  };
}

/** Aborts when the outer process asks for it, when it dies, or when this process itself is told to end. */
export function stopSignalFromOutside(): AbortSignal {
  const controller = new AbortController();
  const stop = (why: string) => {
    if (!controller.signal.aborted) controller.abort(new WorldError('interrupted', `interrupted by ${why}`));
  };
  process.on('message', (message: { stop?: string }) => {
    if (typeof message.stop === 'string') stop(message.stop);
  });
  process.once('disconnect', () => stop('the end of the process that started this one'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));
  // The channel must not keep a finished run alive.
  process.channel?.unref();
  return controller.signal;
}

/** Refuses to go on in the machine's own network: the world must not listen or send there. */
export function assertInsideNamespace(env: Readonly<Record<string, string | undefined>>): void {
  const outer = env[OUTER_NETWORK];
  if (outer === undefined || outer === readlinkSync('/proc/self/ns/net')) {
    throw new WorldError('no-namespace', 'the world starts only in a network namespace of its own: use `npm run e2e`');
  }
}

export async function setUpAddresses(ip: string): Promise<void> {
  try {
    await runCommand(ip, ['link', 'set', 'lo', 'up']);
    for (const address of [POD_NETWORK, SERVICE_DEVICE_ADDRESS]) {
      await runCommand(ip, ['address', 'add', address, 'dev', 'lo']);
    }
  } catch (error) {
    throw new WorldError('no-namespace', `the network namespace has no addresses: ${describeError(error)}`, {
      cause: error,
    });
  }
}
