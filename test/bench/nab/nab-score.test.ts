import { describe, expect, it } from 'vitest';
import { nabScore, PROFILES, probationOf } from './nab-score.ts';

/** 1,000 rows, of which 150 are probation, and a window of 101 rows. */
const WINDOW = { first: 500, last: 600 };
const flagged = (...rows: number[]) => {
  const scores = new Float64Array(1_000);
  for (const row of rows) scores[row] = 1;
  return { windows: [WINDOW], scores };
};
const standard = (...rows: number[]) => nabScore([flagged(...rows)], PROFILES.standard, 0.5);

describe('nabScore', () => {
  it('is 0 for silence and 100 for the first row of each window', () => {
    expect(standard().value).toBe(0);
    expect(standard(500).value).toBeCloseTo(100, 9);
    expect(standard(500)).toMatchObject({ windowsHit: 1, windows: 1, falseAlarms: 0 });
  });

  it('counts the best flagged row of a window, and a later one less', () => {
    expect(standard(500, 550, 600).value).toBeCloseTo(100, 9);
    expect(standard(550).value).toBeLessThan(98);
    expect(standard(600).value).toBeCloseTo(
      50 + (50 * (2 / (1 + Math.exp(-5 / 101)) - 1)) / (2 / (1 + Math.exp(-5)) - 1),
      9,
    );
  });

  it('charges every row outside: the whole weight before the first window and far after, less shortly after', () => {
    const whole = (100 * 0.11) / 2;

    expect(standard(300, 500).value).toBeCloseTo(100 - whole, 9);
    expect(standard(300, 301, 500).value).toBeCloseTo(100 - 2 * whole, 9);
    expect(standard(500, 950).value).toBeCloseTo(100 - whole, 9);
    expect(standard(500, 610).value).toBeCloseTo(100 + whole * (2 / (1 + Math.exp(0.5)) - 1), 9);
  });

  it('ignores the probation, and windows that lie in it', () => {
    expect(standard(100, 500).value).toBeCloseTo(100, 9);
    const file = { ...flagged(500), windows: [{ first: 20, last: 90 }, WINDOW] };
    expect(nabScore([file], PROFILES.standard, 0.5)).toMatchObject({ windows: 1, windowsHit: 1 });
    expect([probationOf(1_000), probationOf(22_695)]).toEqual([150, 750]);
  });

  it('weighs false alarms and misses by profile', () => {
    expect(nabScore([flagged(300, 500)], PROFILES.low_fp, 0.5).value).toBeCloseTo(89, 9);
    expect(nabScore([flagged(300, 500)], PROFILES.low_fn, 0.5).value).toBeCloseTo(100 - 11 / 3, 9);
  });

  it('tells the best threshold', () => {
    const file = flagged(500);
    file.scores[300] = 0.8;

    const { value, best } = nabScore([file], PROFILES.standard, 0.5);

    expect(value).toBeCloseTo(94.5, 9);
    expect(best).toMatchObject({ threshold: 1 });
    expect(best.value).toBeCloseTo(100, 9);
  });
});
