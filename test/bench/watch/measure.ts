import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, statusKb } from '../process-figures.ts';
import { FromChild, type Seen, SYNC_WITHIN_MS } from './child.ts';

export interface WatchResult {
  readonly syncedS: number;
  readonly syncCpuS: number;
  readonly steadyMb: number;
  readonly peakMb: number;
  readonly eventsCpuS: number;
}

export interface Expected {
  readonly workloads: number;
  readonly pods: number;
  /** After the events. */
  readonly restarts: number;
}

const SETTLE_MS = 5_000;
const IN_STEP_WITHIN_MS = 60_000;

/** One cache in a process of its own: until it is in step, at rest, while the events come, and at rest again. */
export async function measureCache(
  script: URL,
  kubeconfig: string,
  expected: Expected,
  sendEvents: () => Promise<void>,
): Promise<WatchResult> {
  const child = fork(script, [kubeconfig]);
  try {
    const synced = await nextMessage(child, SYNC_WITHIN_MS);
    if (synced.kind !== 'synced') throw new Error('the cache told something else before it was in step');
    const syncCpuS = cpuSeconds(child.pid);
    await sleep(SETTLE_MS);
    const seen = await look(child);
    if (seen.workloads !== expected.workloads || seen.pods !== expected.pods)
      throw new Error(`it holds ${seen.workloads} workloads and ${seen.pods} pods`);

    const before = cpuSeconds(child.pid);
    await sendEvents();
    await untilInStep(child, expected.restarts);
    const eventsCpuS = cpuSeconds(child.pid) - before;
    await sleep(SETTLE_MS);
    return {
      syncedS: synced.syncedMs / 1000,
      syncCpuS,
      eventsCpuS,
      steadyMb: statusKb(child.pid, 'VmRSS') / 1024,
      peakMb: statusKb(child.pid, 'VmHWM') / 1024,
    };
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill()) await ended;
  }
}

async function untilInStep(child: ChildProcess, restarts: number): Promise<void> {
  const until = performance.now() + IN_STEP_WITHIN_MS;
  for (;;) {
    const seen = await look(child);
    if (seen.restarts === restarts) return;
    if (performance.now() > until)
      throw new Error(`the cache has seen ${seen.restarts} of ${restarts} restarts and no more`);
    await sleep(500);
  }
}

async function look(child: ChildProcess): Promise<Seen> {
  child.send('look');
  const answer = await nextMessage(child, IN_STEP_WITHIN_MS);
  if (answer.kind !== 'seen') throw new Error('the cache did not tell what it holds');
  return answer.seen;
}

function nextMessage(child: ChildProcess, withinMs: number): Promise<FromChild> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the cache told nothing within ${withinMs} ms`)), withinMs);
    const onExit = (code: number | null): void => reject(new Error(`the cache ended with ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      clearTimeout(timer);
      child.off('exit', onExit);
      resolve(FromChild.parse(message));
    });
  });
}
