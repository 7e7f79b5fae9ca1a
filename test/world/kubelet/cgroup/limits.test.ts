import { expect, test } from 'vitest';
import { cpuShares, cpuWeight, limitFiles } from './limits.ts';

test.each([
  [undefined, 2, 1],
  [0.1, 102, 4],
  [1, 1024, 39],
  [1000, 262_144, 10_000],
])('a request of %s is %d shares, weight %d', (request, shares, weight) => {
  expect(cpuShares(request)).toBe(shares);
  expect(cpuWeight(shares)).toBe(weight);
});

test('version 1 writes the period before the quota, and nothing for what has no limit', () => {
  expect(limitFiles(1, { cpuLimit: 0.25, memoryLimitBytes: 1_000 }).map((it) => `${it.file}=${it.value}`)).toEqual([
    'cpu.shares=2',
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=25000',
    'memory.limit_in_bytes=1000',
  ]);
  expect(limitFiles(1, {})).toHaveLength(1);
});

test('version 2, and the smallest quota that the kernel takes', () => {
  expect(limitFiles(2, { cpuLimit: 0.001, memoryLimitBytes: 1_000 }).map((it) => `${it.file}=${it.value}`)).toEqual([
    'cpu.weight=1',
    'cpu.max=1000 100000',
    'memory.max=1000',
  ]);
});
