import type { Clock } from './clock.ts';

export interface Progress {
  say(line: string): void;
}

/** Lines on standard error, each with the seconds since the start: standard output belongs to results. */
export function createProgress(clock: Clock, write: (text: string) => void): Progress {
  const startedMs = clock.now();
  return {
    say(line) {
      const elapsedS = ((clock.now() - startedMs) / 1000).toFixed(1).padStart(6);
      write(`[${elapsedS} s] ${line}\n`);
    },
  };
}
