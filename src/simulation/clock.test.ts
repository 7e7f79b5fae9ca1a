import { EventEmitter, once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createAcceleratedClock, createManualClock } from './clock.ts';

describe('manual clock', () => {
  it('runs timers in order of due time, then of creation, also those made on the way', () => {
    const clock = createManualClock({ startMs: 1_000 });
    const seen: string[] = [];
    clock.setTimer(50, () => seen.push(`b@${clock.now()}`));
    clock.setTimer(10, () => {
      seen.push(`a@${clock.now()}`);
      clock.setTimer(20, () => seen.push(`nested@${clock.now()}`));
    });
    clock.setTimer(50, () => seen.push(`c@${clock.now()}`));
    clock.setTimer(101, () => seen.push('too late'));

    clock.advance(100);

    expect(seen).toEqual(['a@1010', 'nested@1030', 'b@1050', 'c@1050']);
    expect(clock.now()).toBe(1_100);
  });

  it('forgets a cancelled timer', () => {
    const clock = createManualClock({ startMs: 0 });
    let ran = false;
    const cancel = clock.setTimer(5, () => {
      ran = true;
    });

    cancel();
    cancel();
    clock.advance(10);

    expect(ran).toBe(false);
  });

  it('refuses to go back and refuses a delay that is no number', () => {
    const clock = createManualClock({ startMs: 0 });

    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.setTimer(Number.NaN, () => undefined)).toThrow(RangeError);
  });
});

describe('accelerated clock', () => {
  it('never fires before its virtual due time', async () => {
    const clock = createAcceleratedClock({ startMs: 5_000, factor: 1_000 });
    const bell = new EventEmitter();
    const dueMs = clock.now() + 3_000;

    clock.setTimer(3_000, () => bell.emit('rang', clock.now()));
    const [rangMs] = await once(bell, 'rang');

    expect(rangMs).toBeGreaterThanOrEqual(dueMs);
  });

  it('refuses a factor that does not move time', () => {
    expect(() => createAcceleratedClock({ startMs: 0, factor: 0 })).toThrow(RangeError);
  });
});
