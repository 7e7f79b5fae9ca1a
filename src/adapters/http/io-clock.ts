import type { Clock } from '../../ports/clock.ts';

/**
 * The time in which sockets live. Deadlines of requests are real time even where Hale's own clock is accelerated: the other side does not
 * answer faster because a demonstration runs faster.
 */
export const realClock: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
