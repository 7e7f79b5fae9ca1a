import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviationOf, type Point } from './deviation.ts';

const WINDOW = { from: 100, to: 110 };
const at = (values: readonly number[], start = 0): Point[] =>
  values.map((value, index) => ({ at: start + index, value }));
/** A hundred values that sway between 9 and 11. */
const swaying = Array.from({ length: 100 }, (_, index) => 10 + Math.sin(index * 2.4));

describe('deviationOf', () => {
  it('says nothing without a past or without a window', () => {
    expect(deviationOf(at([1, 2], 100), WINDOW)).toBeNull();
    expect(deviationOf(at([1, 2]), WINDOW)).toBeNull();
    expect(deviationOf(at([Number.NaN, 1], 99), WINDOW)).toBeNull();
  });

  it('is small for more of the same, large and signed for what never was', () => {
    const same = deviationOf([...at(swaying), ...at([10, 10.5, 9.5], 100)], WINDOW);
    const rise = deviationOf([...at(swaying), ...at([30, 31, 30], 100)], WINDOW);
    const fall = deviationOf([...at(swaying), ...at([2, 1, 2], 100)], WINDOW);

    expect(Math.abs(same?.score ?? 9)).toBeLessThan(1);
    expect(rise?.score).toBeGreaterThan(10);
    expect(fall?.score).toBeLessThan(-5);
  });

  it('explains itself: what was shown, what was expected, since when', () => {
    const deviation = deviationOf([...at(swaying), ...at([10, 30, 30, 30], 100)], WINDOW);

    expect(deviation).toMatchObject({ observed: 30, since: 101, past: 100, news: expect.closeTo(1, 1) });
    expect(deviation?.expected).toBeCloseTo(10, 0);
    expect(deviation?.low).toBeGreaterThan(8.5);
    expect(deviation?.high).toBeLessThan(11.5);
  });

  it('does not call unusual what bursts by habit', () => {
    const bursty = Array.from({ length: 300 }, (_, index) => (index % 10 === 0 ? 50 : 1));
    const points = [...at(bursty, -200), ...at([1, 50, 50, 50], 100)];

    expect(deviationOf(points, WINDOW)?.score).toBeLessThan(3);
  });

  it('is not blinded by an incident that fills a third of a short past', () => {
    const short = [5, 5.2, 4.8, 20, 21, 20, 19, 20, 5, 5.1, 4.9, 5, 5.2, 5, 4.8, 5];
    const points = [...at(short, 84), ...at([20, 20, 16], 100)];

    expect(deviationOf(points, WINDOW)?.score).toBeGreaterThan(6);
  });

  it('knows that what was so just before is no news', () => {
    const shifted = deviationOf([...at(swaying, -2), ...at([30, 30], 98), ...at([30, 30, 30], 100)], WINDOW);

    expect(shifted?.score).toBeGreaterThan(10);
    expect(shifted?.news).toBe(0);
    expect(shifted?.since).toBe(98);
  });

  it('takes the size of a change of something constant for no more than rare', () => {
    const zeros = Array.from({ length: 100 }, () => 0);

    expect(deviationOf([...at(zeros), ...at([9_999], 100)], WINDOW)?.score).toBeLessThan(12);
    expect(deviationOf([...at(zeros), ...at([9_999], 100)], WINDOW)?.score).toBeGreaterThan(5);
  });

  it('is finite for any series whatever, and does not depend on the unit', () => {
    const value = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, -0, 1e308, 5e-324));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), fc.array(value, { maxLength: 10 }), (past, now) => {
        const deviation = deviationOf([...at(past), ...at(now, 100)], WINDOW);

        if (deviation === null) return;
        expect(Number.isNaN(deviation.score)).toBe(false);
        expect(deviation.news).toBeGreaterThanOrEqual(0);
        expect(deviation.news).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
    const tame = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(tame, fc.integer({ min: -1000, max: 1000 }), (past, now) => {
        const one = deviationOf([...at(past), ...at([now], 100)], WINDOW);
        const milli = deviationOf([...at(past.map((x) => x * 1024)), ...at([now * 1024], 100)], WINDOW);

        // Something that was constantly zero has no unit to speak of.
        if (past.every((x) => x === past[0])) return;
        expect(milli?.score).toBeCloseTo(one?.score ?? Number.NaN, 6);
      }),
    );
  });
});
