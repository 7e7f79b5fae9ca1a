import { expect, test } from 'vitest';
import { KUBELET_BACK_OFF, NO_BACK_OFF, nextBackOff } from './back-off.ts';

test('restarts at once, then after 10 s doubled up to 5 min', () => {
  const delays: number[] = [];
  let backOff = NO_BACK_OFF;

  for (let crash = 1; crash <= 8; crash += 1) {
    backOff = nextBackOff(backOff, 50, KUBELET_BACK_OFF);
    delays.push(backOff.delayMs / 1000);
  }

  expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
});

test.each([
  { ranMs: 599_999, delayMs: 300_000 },
  { ranMs: 600_000, delayMs: 0 },
])('a run of $ranMs ms leads to a delay of $delayMs ms', ({ ranMs, delayMs }) => {
  const before = { crashes: 9, delayMs: 300_000 };

  const next = nextBackOff(before, ranMs, KUBELET_BACK_OFF);

  expect(next.delayMs).toBe(delayMs);
});
