import { expect, test } from 'vitest';
import { isHurt, isWell } from './users.ts';

const quiet = { errorShare: 0, p95Ms: 150 };

test.each([
  { now: { errorShare: 0, p95Ms: 150 }, well: true, hurt: false },
  { now: { errorShare: 0.01, p95Ms: 350 }, well: true, hurt: false },
  { now: { errorShare: 0, p95Ms: 351 }, well: false, hurt: false },
  { now: { errorShare: 0.02, p95Ms: 150 }, well: false, hurt: false },
  { now: { errorShare: 0.05, p95Ms: 150 }, well: false, hurt: true },
  { now: { errorShare: 0, p95Ms: 600 }, well: false, hurt: true },
  { now: { errorShare: 0, p95Ms: null }, well: false, hurt: false },
])('$now: well $well, hurt $hurt', ({ now, well, hurt }) => {
  expect([isWell(now, quiet), isHurt(now, quiet)]).toEqual([well, hurt]);
});

test('without a quiet time to compare with, nobody is called well', () => {
  expect(isWell({ errorShare: 0, p95Ms: 10 }, { errorShare: 0, p95Ms: null })).toBe(false);
});
