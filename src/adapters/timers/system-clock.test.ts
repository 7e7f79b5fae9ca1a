import { describe, expect, it } from 'vitest';
import { steadyTime } from './system-clock.ts';

describe('time that never goes back', () => {
  it('follows the wall clock as it goes, and its steps forward', () => {
    const machine = { wall: 1_000_000, monotonic: 50 };
    const now = steadyTime(
      () => machine.wall,
      () => machine.monotonic,
    );

    const shown = [now()];
    machine.wall += 10;
    machine.monotonic += 10;
    shown.push(now());
    machine.wall += 3_600_000;
    shown.push(now());

    expect(shown).toEqual([1_000_000, 1_000_010, 4_600_010]);
  });

  it('goes on at half the pace after a step back, so that nothing that waits is stalled, until the wall clock has caught up', () => {
    const machine = { wall: 1_000_000, monotonic: 0 };
    const now = steadyTime(
      () => machine.wall,
      () => machine.monotonic,
    );
    const pass = (ms: number): number => {
      machine.wall += ms;
      machine.monotonic += ms;
      return now();
    };
    now();
    machine.wall -= 60_000;

    const shown = [now(), pass(1_000), pass(59_000), pass(59_000), pass(1_000), pass(1_000)];

    expect(shown).toEqual([1_000_000, 1_000_500, 1_030_000, 1_059_500, 1_060_000, 1_061_000]);
  });
});
