import type { Clock } from '../../ports/clock.ts';

/** setTimeout fires at once beyond this. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Time that never goes back. `wallMs` may: somebody sets the clock, or it is put right. Then every wake-up time that is stored would lie in the
 * future, and nothing would be done until the clock is there again. So time goes on from where it was, at half the pace of `monotonicMs`, until
 * the wall clock has caught up. A step forward is followed at once.
 */
export function steadyTime(wallMs: () => number, monotonicMs: () => number): () => number {
  let shownMs = Number.NEGATIVE_INFINITY;
  let shownAtMs = 0;
  return () => {
    const atMs = monotonicMs();
    shownMs = Math.max(wallMs(), shownMs + Math.max(0, atMs - shownAtMs) / 2);
    shownAtMs = atMs;
    return Math.floor(shownMs);
  };
}

/**
 * The time of the machine, which never goes back. Deadlines of requests are in it even where Hale's own clock is accelerated: the other side does not answer faster
 * because a demonstration runs faster.
 */
export const systemClock: Clock = {
  now: steadyTime(Date.now, () => performance.now()),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
