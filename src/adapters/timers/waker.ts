import type { RecordRef } from '../../domain/obligation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Store } from '../../ports/store.ts';
import type { Waker } from '../../ports/waker.ts';

export interface TimerWakerOptions {
  readonly store: Pick<Store, 'due' | 'nextWakeAt'>;
  readonly clock: Clock;
  /** The store is looked at this often, whatever the hints said. */
  readonly sweepEveryMs?: number;
  /** Ticks under way at once. */
  readonly concurrency?: number;
  /** A tick or a look at the store failed; the record is tried again after a back-off. */
  readonly onFailure: (error: unknown, ref: RecordRef | null) => void;
}

const SWEEP_EVERY_MS = 5_000;
const CONCURRENCY = 8;
const FIRST_BACK_OFF_MS = 1_000;
const LONGEST_BACK_OFF_MS = 60_000;
// An incident goes through a handful of phases without a pause. One that is due again and again for longer than that gets a rest, so that
// neither a flood of signals nor a tick without progress takes the whole event loop.
const STREAK_TICKS = 20;
const STREAK_GAP_MS = 100;
const REST_MS = 1_000;

/** What is remembered of a record between its ticks, for a while. */
interface Past {
  readonly failures: number;
  /** Ticks one right after the other. */
  readonly streak: number;
  readonly endedAt: number;
  readonly notBefore: number;
}

/** The embedded waker: one timer at the earliest known wake-up time, and a sweep that finds whatever no hint told. */
export function createTimerWaker(options: TimerWakerOptions): Waker {
  const { store, clock, onFailure } = options;
  const sweepEveryMs = options.sweepEveryMs ?? SWEEP_EVERY_MS;
  const concurrency = options.concurrency ?? CONCURRENCY;
  const running = new Map<string, Promise<void>>();
  const pasts = new Map<string, Past>();
  let tick: ((ref: RecordRef) => Promise<void>) | null = null;
  let cancelTimer: () => void = () => undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let sweeping: Promise<void> | null = null;
  let sweepAgain = false;

  function wakeAt(at: number): void {
    if (tick === null || at >= timerAt) return;
    if (at <= clock.now()) {
      sweep();
      return;
    }
    cancelTimer();
    timerAt = at;
    cancelTimer = clock.setTimer(at - clock.now(), () => {
      timerAt = Number.POSITIVE_INFINITY;
      sweep();
    });
  }

  /** One look at the store at a time; a wish for another during one is kept. */
  function sweep(): void {
    if (tick === null) return;
    if (sweeping !== null) {
      sweepAgain = true;
      return;
    }
    sweeping = lookForDue()
      .catch((error: unknown) => onFailure(error, null))
      .finally(() => {
        sweeping = null;
        wakeAt(clock.now() + sweepEveryMs);
        if (sweepAgain) {
          sweepAgain = false;
          sweep();
        }
      });
  }

  async function lookForDue(): Promise<void> {
    const now = clock.now();
    forgetOldPasts(now);
    // Enough that those which are running or resting never hide the others.
    const refs = await store.due(now, concurrency + running.size + pasts.size);
    for (const ref of refs) {
      if (tick === null || running.size >= concurrency) break;
      const key = keyOf(ref);
      if (running.has(key) || (pasts.get(key)?.notBefore ?? 0) > now) continue;
      running.set(key, runTick(tick, ref, key));
    }
    const next = await store.nextWakeAt(now);
    if (next !== null) wakeAt(next);
    for (const { notBefore } of pasts.values()) if (notBefore > now) wakeAt(notBefore);
  }

  async function runTick(run: (ref: RecordRef) => Promise<void>, ref: RecordRef, key: string): Promise<void> {
    const before = pasts.get(key);
    const startedAt = clock.now();
    const streak = before !== undefined && startedAt - before.endedAt <= STREAK_GAP_MS ? before.streak + 1 : 1;
    try {
      await run(ref);
      const endedAt = clock.now();
      const notBefore = streak >= STREAK_TICKS ? endedAt + REST_MS : 0;
      pasts.set(key, { failures: 0, streak, endedAt, notBefore });
    } catch (error) {
      const failures = (before?.failures ?? 0) + 1;
      const endedAt = clock.now();
      pasts.set(key, { failures, streak, endedAt, notBefore: endedAt + backOffMs(failures) });
      onFailure(error, ref);
    } finally {
      running.delete(key);
      sweep();
    }
  }

  /** Memory stays bounded by the records of the last minutes. */
  function forgetOldPasts(now: number): void {
    for (const [key, past] of pasts) {
      const keptMs = past.failures > 0 ? 2 * LONGEST_BACK_OFF_MS : STREAK_GAP_MS;
      if (now - Math.max(past.endedAt, past.notBefore) > keptMs) pasts.delete(key);
    }
  }

  return {
    async start(run) {
      tick = run;
      sweep();
    },
    hint(_ref, at) {
      wakeAt(at);
    },
    async stop(withinMs) {
      tick = null;
      cancelTimer();
      timerAt = Number.POSITIVE_INFINITY;
      await sweeping;
      if (running.size === 0) return true;
      let cancel: () => void = () => undefined;
      const late = new Promise<boolean>((resolve) => {
        // Real time: a stopping process does not wait for a virtual clock.
        const timer = setTimeout(() => resolve(false), withinMs);
        cancel = () => clearTimeout(timer);
      });
      const done = Promise.allSettled(running.values()).then(() => true);
      const stopped = await Promise.race([done, late]);
      cancel();
      return stopped;
    },
  };
}

function backOffMs(failures: number): number {
  return Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1));
}

function keyOf(ref: RecordRef): string {
  return `${ref.record}/${ref.id}`;
}
