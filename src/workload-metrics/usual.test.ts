import { describe, expect, it } from 'vitest';
import { beforeIt, usualOf } from './usual.ts';

const MINUTE = 60_000;
const AT = 100 * MINUTE;

/** A point a minute: 1 until `turnedAt`, 9 from then on. */
function points(from: number, turnedAt: number) {
  const all = new Map<number, number>();
  for (let when = from; when <= AT; when += MINUTE) all.set(when, when < turnedAt ? 1 : 9);
  return all;
}

describe('what is usual', () => {
  it('ends minutes before the incident, in which the trouble may have begun', () => {
    const past = { from: 0, since: AT, at: AT };

    // An alert that waited for four minutes: what it waited in is not the past.
    expect(usualOf(points(AT - 12 * MINUTE, AT - 4 * MINUTE), past)).toBe(1);
  });

  it('is the minutes that there are, where a workload is young', () => {
    const past = { from: 0, since: AT - MINUTE, at: AT };

    expect(usualOf(points(AT - 6 * MINUTE, AT - 2 * MINUTE), past)).toBe(1);
    expect(usualOf(points(AT - 3 * MINUTE, AT - 2 * MINUTE), past)).toBeNull();
  });

  it('leaves out the moments in which a rate of something young is still too low', () => {
    const past = { from: 0, since: AT, at: AT };
    const young = points(AT - 6 * MINUTE, AT - 4 * MINUTE);

    expect(beforeIt(young, past, { warmMs: 2 * MINUTE })).toEqual({ values: [9, 9, 9, 9], isYoung: true });
    expect(beforeIt(young, past, { warmMs: 4 * MINUTE })).toBeNull();
  });

  it('is nothing from before `from`', () => {
    expect(usualOf(points(0, AT), { from: AT - 2 * MINUTE, since: AT, at: AT })).toBeNull();
  });
});
