import { type Clock, createAcceleratedClock } from '../../src/simulation/clock.ts';

/** One virtual time for several processes: at `realStartMs` of the machine it was `virtualStartMs`, and it runs `factor` times as fast. */
export interface ClockSettings {
  readonly virtualStartMs: number;
  readonly realStartMs: number;
  readonly factor: number;
}

/** The clock of this process, in step with those of all other processes that were given the same settings. */
export function createSharedClock({ virtualStartMs, realStartMs, factor }: ClockSettings): Clock {
  return createAcceleratedClock({ startMs: virtualStartMs + (realNowMs() - realStartMs) * factor, factor });
}

/** The time of the machine with fractions of a millisecond: a rounded one would be `factor` times as wrong. */
export function realNowMs(): number {
  return performance.timeOrigin + performance.now();
}
