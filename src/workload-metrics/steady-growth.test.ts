import { describe, expect, it } from 'vitest';
import { steadyGrowth } from './steady-growth.ts';

const MINUTE_MS = 60_000;
const AT = 1_800_000_000_000;

/** One value a minute over the last hour, by minutes since its beginning. */
function series(value: (minute: number) => number) {
  return new Map(Array.from({ length: 61 }, (_, minute) => [AT - (60 - minute) * MINUTE_MS, value(minute)]));
}
const noise = (minute: number) => Math.sin(minute * 12.9898) * 3;

describe('steadyGrowth', () => {
  it.each<[string, (minute: number) => number, number]>([
    ['a line', (minute) => 100 + minute, 1],
    ['a line with noise', (minute) => 100 + 2 * minute + noise(minute), 2],
    ['a sawtooth whose feet rise', (minute) => 100 + minute + (minute % 5) * 20, 1],
    ['a line with a peak', (minute) => 100 + minute + (minute > 20 && minute < 25 ? 500 : 0), 1],
    ['since a restart a quarter of the time ago', (minute) => (minute < 15 ? 300 : 100) + minute, 1],
  ])('%s', (_, value, perMinute) => {
    const growth = steadyGrowth(series(value), AT, 60 * MINUTE_MS);

    expect((growth?.perS ?? 0) * 60).toBeCloseTo(perMinute, 0);
  });

  it.each<[string, (minute: number) => number]>([
    ['flat', () => 100],
    ['noise', (minute) => 100 + noise(minute)],
    ['falling', (minute) => 200 - minute],
    ['one step', (minute) => (minute < 30 ? 100 : 160)],
    ['a start that comes to rest', (minute) => 100 + 100 * (1 - Math.exp(-minute / 8))],
    ['up and down', (minute) => 100 + 50 * Math.sin(minute / 8)],
    ['just restarted', (minute) => (minute < 50 ? 300 : 100) + minute],
  ])('null: %s', (_, value) => {
    expect(steadyGrowth(series(value), AT, 60 * MINUTE_MS)).toBeNull();
  });

  it('is null without points', () => {
    expect(steadyGrowth(new Map(), AT, 60 * MINUTE_MS)).toBeNull();
  });
});
