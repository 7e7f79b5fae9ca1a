import { Worker } from 'node:worker_threads';

/** Threads of the fault `spinThreads`. */
export interface Spinners {
  /** Starts or ends threads until there are so many. */
  set(count: number): Promise<void>;
}

export function createSpinners(): Spinners {
  const threads: Worker[] = [];
  return {
    async set(count) {
      while (threads.length < count) threads.push(new Worker('for (;;);', { eval: true }));
      await Promise.all(threads.splice(count).map((thread) => thread.terminate()));
    },
  };
}
