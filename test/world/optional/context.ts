import type { Clock } from '../clock.ts';
import type { Progress } from '../progress.ts';
import { type OnDeath, ServerProcess, type ServerSpec } from '../server-process.ts';
import type { Stops } from '../stops.ts';

/** What every optional part is started with. */
export interface OptionalContext {
  /** Of the whole world; each part makes one of its own name in it. */
  readonly folder: string;
  readonly logFolder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly stops: Stops;
  readonly signal: AbortSignal;
  readonly onDeath: OnDeath;
}

/** Starts a program, registers its stop, and waits until it answers. */
export async function startReady(
  context: OptionalContext,
  spec: Omit<ServerSpec, 'logFolder'>,
  check: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<ServerProcess> {
  const { clock, logFolder, onDeath, signal, stops } = context;
  const server = ServerProcess.start({ ...spec, logFolder }, clock, onDeath);
  stops.add(spec.name, () => server.stop());
  await server.ready(check, timeoutMs, signal);
  return server;
}

export async function answers(url: string): Promise<boolean> {
  return (await fetch(url)).ok;
}
