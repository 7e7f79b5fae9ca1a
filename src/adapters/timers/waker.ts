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

interface BackOff {
  readonly failures: number;
  readonly until: number;
}

/** The embedded waker: one timer at the earliest known wake-up time, and a sweep that finds whatever no hint told. */
export function createTimerWaker(options: TimerWakerOptions): Waker {
  const { store, clock, onFailure } = options;
  const sweepEveryMs = options.sweepEveryMs ?? SWEEP_EVERY_MS;
  const concurrency = options.concurrency ?? CONCURRENCY;
  const running = new Map<string, Promise<void>>();
  const backOffs = new Map<string, BackOff>();
  let tick: ((ref: RecordRef) => Promise<void>) | null = null;
  let cancelTimer: () => void = () => undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let sweeping: Promise<void> | null = null;
  let sweepAgain = false;

  function wakeAt(at: number): void {
    if (tick === null || at >= timerAt) return;
    cancelTimer();
    timerAt = at;
    cancelTimer = clock.setTimer(Math.max(0, at - clock.now()), () => {
      timerAt = Number.POSITIVE_INFINITY;
      sweep();
    });
  }

  /** One look at the store at a time; a wish for another during one is kept. */
  function sweep(): void {
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
    const refs = await store.due(now, concurrency * 4 + backOffs.size);
    for (const ref of refs) {
      if (tick === null || running.size >= concurrency) break;
      const key = keyOf(ref);
      if (running.has(key) || (backOffs.get(key)?.until ?? 0) > now) continue;
      running.set(key, runTick(tick, ref, key));
    }
    const next = await store.nextWakeAt(now);
    if (next !== null) wakeAt(next);
  }

  async function runTick(run: (ref: RecordRef) => Promise<void>, ref: RecordRef, key: string): Promise<void> {
    try {
      await run(ref);
      backOffs.delete(key);
    } catch (error) {
      const failures = (backOffs.get(key)?.failures ?? 0) + 1;
      backOffs.set(key, {
        failures,
        until: clock.now() + Math.min(LONGEST_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1)),
      });
      onFailure(error, ref);
    } finally {
      running.delete(key);
      sweep();
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

function keyOf(ref: RecordRef): string {
  return `${ref.record}/${ref.id}`;
}
