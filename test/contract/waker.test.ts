import { setImmediate } from 'node:timers/promises';
import { createTimerWaker } from '../../src/adapters/timers/waker.ts';
import { createManualClock } from '../../src/simulation/clock.ts';
import { wakerContract } from './waker.ts';

wakerContract('timers', async ({ store, onFailure }) => {
  const clock = createManualClock({ startMs: 1_800_000_000_000 });
  const concurrency = 4;
  const sweepEveryMs = 5_000;
  return {
    waker: createTimerWaker({ store, clock, concurrency, sweepEveryMs, onFailure }),
    concurrency,
    sweepEveryMs,
    now: () => clock.now(),
    async pass(ms) {
      // In steps, so that what a timer sets off can set the next one; a turn of the event loop runs all that is only a promise away.
      const stepMs = 100;
      await setImmediate();
      for (let passed = 0; passed < ms; passed += stepMs) {
        clock.advance(Math.min(stepMs, ms - passed));
        await setImmediate();
      }
      await setImmediate();
    },
    async destroy() {},
  };
});
