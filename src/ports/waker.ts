import type { RecordRef } from '../domain/obligation.ts';

/**
 * Calls the tick of each record when its wake-up time has come, never twice at once for one record.
 * Only a hint: the store's `wakeAt` is the truth and a sweep finds whatever was missed.
 */
export interface Waker {
  start(tick: (ref: RecordRef) => Promise<void>): Promise<void>;
  /** A record's wake-up time may have become earlier. */
  hint(ref: RecordRef, wakeAt: number): void;
  /** Takes no new work and waits for the ticks under way, at most `withinMs`; false when some were still running. */
  stop(withinMs: number): Promise<boolean>;
}
