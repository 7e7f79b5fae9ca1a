import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../simulation/random.ts';
import type { Point } from './deviation.ts';
import { onsetOf, timeToReach, trendOf } from './trend.ts';

const line = (values: readonly number[], stepMs = 1_000): Point[] =>
  values.map((value, index) => ({ at: 1_000_000 + index * stepMs, value }));
const noisy = (length: number, of: (index: number) => number, seed: number): Point[] => {
  const random = createRandom(seed);
  return line(Array.from({ length }, (_, index) => of(index) + Math.log(random.logNormal(1, 1))));
};

describe('trendOf', () => {
  it('finds any line again, whatever the times between its points', () => {
    const lines = fc.record({
      slope: fc.integer({ min: -1_000, max: 1_000 }),
      base: fc.integer({ min: -1_000, max: 1_000 }),
      steps: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 5, maxLength: 60 }),
    });

    fc.assert(
      fc.property(lines, ({ slope, base, steps }) => {
        let at = 0;
        const points = steps.map((step) => ({ at: (at += step * 1000), value: base + (slope * at) / 1000 }));
        const trend = trendOf(points);

        expect(trend?.perS).toBeCloseTo(slope, 6);
        expect(trend?.level).toBeCloseTo(base + (slope * at) / 1000, 4);
      }),
    );
  });

  it('is not turned by a fifth of outliers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 8, maxLength: 8 }), (outliers) => {
        const values = Array.from({ length: 40 }, (_, index) => 3 * index);
        for (const [index, outlier] of outliers.entries()) values[index * 5] = outlier;

        expect(trendOf(line(values))?.perS).toBeCloseTo(3, 6);
      }),
    );
  });

  it('covers the true slope in about 95 of 100 noisy series', () => {
    const covered = Array.from({ length: 200 }, (_, seed) => trendOf(noisy(40, (index) => 0.05 * index, seed + 1)));
    const right = covered.filter((trend) => trend !== null && trend.low <= 0.05 && trend.high >= 0.05).length;

    expect(right).toBeGreaterThan(180);
    expect(right).toBeLessThan(200);
  });

  it('says nothing of too few points, or of points at one moment', () => {
    expect(trendOf(line([1, 2, 3]))).toBeNull();
    expect(trendOf(line([1, Number.NaN, 3, 4]))).toBeNull();
    expect(trendOf(line([1, 2, 3, 4, 5], 0))).toBeNull();
  });

  it('takes many points without taking long, and keeps the last', () => {
    const trend = trendOf(line(Array.from({ length: 50_000 }, (_, index) => index)));

    expect(trend?.perS).toBeCloseTo(1, 6);
    expect(trend?.level).toBeCloseTo(49_999, 3);
  });
});

describe('timeToReach', () => {
  it('is exact for a line, and the confidence holds it', () => {
    const reached = timeToReach(line([10, 20, 30, 40, 50, 60]), 100);

    expect(reached?.expectedS).toBeCloseTo(4, 6);
    expect(reached?.soonestS).toBeLessThanOrEqual(reached?.expectedS ?? 0);
    expect(reached?.latestS).toBeGreaterThanOrEqual(reached?.expectedS ?? 9);
  });

  it('works downwards', () => {
    expect(timeToReach(line([60, 50, 40, 30, 20]), 0)?.expectedS).toBeCloseTo(2, 6);
  });

  it('is zero beyond the limit, and null away from it or without a trend', () => {
    expect(timeToReach(line([60, 70, 80, 90, 100]), 80)?.expectedS).toBe(0);
    expect(timeToReach(line([60, 50, 40, 30, 20]), 100)).toBeNull();
    expect(timeToReach(line([5, 5, 5, 5, 5]), 100)).toBeNull();
  });

  it('may be never where the slope is not certain', () => {
    const reached = Array.from({ length: 50 }, (_, seed) =>
      timeToReach(
        noisy(20, () => 0, seed + 1),
        50,
      ),
    );
    const certain = reached.filter((one) => one !== null && Number.isFinite(one.latestS));

    expect(certain.length).toBeLessThan(8);
  });
});

describe('onsetOf', () => {
  const shapes = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    start: fc.integer({ min: 15, max: 85 }),
    size: fc.double({ min: 20, max: 1_000, noNaN: true }),
    sign: fc.constantFrom(1, -1),
  });

  it('finds where a new level begins, to a point', () => {
    fc.assert(
      fc.property(shapes, ({ seed, start, size, sign }) => {
        const points = noisy(100, (index) => (index < start ? 0 : sign * size), seed);

        expect(onsetOf(points)?.at).toBe(points[start]?.at);
      }),
    );
  });

  it('finds where a ramp begins, to a few points', () => {
    fc.assert(
      fc.property(shapes, ({ seed, start, sign }) => {
        const points = noisy(100, (index) => (index < start ? 0 : sign * 3 * (index - start + 1)), seed);

        expect(Math.abs(((onsetOf(points)?.at ?? 0) - (points[start]?.at ?? 0)) / 1000)).toBeLessThanOrEqual(5);
      }),
    );
  });

  it('finds none in noise, in a constant, or in too little', () => {
    const found = Array.from({ length: 200 }, (_, seed) => onsetOf(noisy(100, () => 5, seed + 1)));

    expect(found.filter((onset) => onset !== null).length).toBeLessThan(5);
    expect(onsetOf(line(Array.from({ length: 50 }, () => 0.1)))).toBeNull();
    expect(onsetOf(line([1, 1, 9, 9, 9]))).toBeNull();
  });
});
