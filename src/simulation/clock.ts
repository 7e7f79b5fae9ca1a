/** The one clock of a simulated world. Times are Unix milliseconds of virtual time. */
export interface Clock {
  now(): number;
  /** Runs once, `delayMs` of virtual time from now. The answer cancels; cancelling twice is harmless. */
  setTimer(delayMs: number, run: () => void): () => void;
}

export interface ManualClock extends Clock {
  /** Moves time on and runs every timer that falls due on the way, in order of due time, then of creation. */
  advance(ms: number): void;
}

// Node turns a longer delay into 1 ms.
const LONGEST_REAL_DELAY_MS = 2_147_483_647;
const SHORTEST_REAL_DELAY_MS = 1;

function assertDelay(delayMs: number): void {
  if (!Number.isFinite(delayMs)) throw new RangeError(`a timer needs a finite delay in ms, got ${delayMs}`);
}

/**
 * Virtual time that runs `factor` times as fast as real time. Its timers never keep the process alive by themselves:
 * whoever wants to stay up holds a server or a prompt open.
 */
export function createAcceleratedClock({ startMs, factor }: { startMs: number; factor: number }): Clock {
  if (!(factor > 0) || !Number.isFinite(factor)) throw new RangeError(`factor must be above 0, got ${factor}`);
  const realStartMs = performance.now();
  const now = (): number => Math.floor(startMs + (performance.now() - realStartMs) * factor);
  return {
    now,
    setTimer(delayMs, run) {
      assertDelay(delayMs);
      const dueMs = now() + Math.max(0, delayMs);
      let timer: NodeJS.Timeout | undefined;
      const arm = (): void => {
        const realDelayMs = Math.ceil((dueMs - now()) / factor);
        timer = setTimeout(
          () => {
            // A real timer may fire a little early, and a long one is armed in pieces.
            if (now() < dueMs) arm();
            else run();
          },
          Math.min(LONGEST_REAL_DELAY_MS, Math.max(SHORTEST_REAL_DELAY_MS, realDelayMs)),
        );
        timer.unref();
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}

interface Pending {
  dueMs: number;
  order: number;
  run: () => void;
}

export function createManualClock({ startMs }: { startMs: number }): ManualClock {
  let nowMs = startMs;
  let created = 0;
  // Sorted by due time, then by creation: tests hold tens of timers, so an array is enough.
  const pending: Pending[] = [];
  return {
    now: () => nowMs,
    setTimer(delayMs, run) {
      assertDelay(delayMs);
      const timer: Pending = { dueMs: nowMs + Math.max(0, delayMs), order: created++, run };
      const later = pending.findIndex((other) => other.dueMs > timer.dueMs);
      pending.splice(later === -1 ? pending.length : later, 0, timer);
      return () => {
        const at = pending.indexOf(timer);
        if (at !== -1) pending.splice(at, 1);
      };
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError(`time only moves forward, got ${ms} ms`);
      const untilMs = nowMs + ms;
      for (let next = pending[0]; next !== undefined && next.dueMs <= untilMs; next = pending[0]) {
        pending.shift();
        nowMs = Math.max(nowMs, next.dueMs);
        next.run();
      }
      nowMs = untilMs;
    },
  };
}
