import { expect, test } from 'vitest';
import { UsageWindow } from './usage-window.ts';

test('nothing is known until there are two looks, then the use between them', () => {
  const window = new UsageWindow();

  window.take(new Map([['a', { atMs: 0, cpuSeconds: 10, memoryBytes: 1 }]]));
  const first = window.rateOf('a');
  window.take(new Map([['a', { atMs: 5_000, cpuSeconds: 12.5, memoryBytes: 2 }]]));

  expect(first).toBeUndefined();
  expect(window.rateOf('a')).toEqual({ atMs: 5_000, windowMs: 5_000, cpu: 0.5, memoryBytes: 2 });
});

test('what has gone and comes back begins anew', () => {
  const window = new UsageWindow();
  window.take(new Map([['a', { atMs: 0, cpuSeconds: 10, memoryBytes: 1 }]]));
  window.take(new Map());
  window.take(new Map([['a', { atMs: 9_000, cpuSeconds: 1, memoryBytes: 1 }]]));

  expect(window.rateOf('a')).toBeUndefined();
});
