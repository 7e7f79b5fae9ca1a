import type { Clock } from './clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on and runs what becomes due, in order; lets promises settle in between. */
  advance(ms: number): Promise<void>;
}

/** A clock that moves only when a test says so. */
export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let timers: { dueMs: number; run: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => nowMs,
    setTimer(delayMs, run) {
      const timer = { dueMs: nowMs + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((it) => it !== timer);
      };
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const due = timers.filter((it) => it.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
        if (due === undefined) break;
        timers = timers.filter((it) => it !== due);
        nowMs = Math.max(nowMs, due.dueMs);
        due.run();
        await settle();
      }
      nowMs = endMs;
      await settle();
    },
  };
}
