import type { Clock } from '../../ports/clock.ts';

/** setTimeout fires at once beyond this. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * The time of the machine. Deadlines of requests are in it even where Hale's own clock is accelerated: the other side does not answer faster
 * because a demonstration runs faster.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), LONGEST_TIMEOUT_MS));
    return () => clearTimeout(timer);
  },
};
