import { expect, test } from 'vitest';
import { type ContainerFigures, containerPage, nodePage } from './container-figures.ts';

const usage = {
  cpuSeconds: 3,
  userSeconds: 2,
  systemSeconds: 1,
  periods: 10,
  throttledPeriods: 4,
  throttledSeconds: 0.5,
  memoryBytes: 100,
  workingSetBytes: 80,
  rssBytes: 60,
  oomKills: 0,
};
const container: ContainerFigures = {
  namespace: 'n',
  pod: 'p',
  container: 'c',
  image: 'i',
  containerId: 'process://1',
  cgroupId: '/w/node/podu/c.0',
  startedAtMs: 5_000,
  limits: { cpuLimit: 0.5 },
  usage,
  oomKills: 2,
  logBytes: 7,
};
const lines = (text: string) => text.split('\n').filter((it) => it !== '' && !it.startsWith('#'));

test('only a container with a CPU limit has periods and a quota', () => {
  const limited = containerPage([container], undefined);
  const free = containerPage([{ ...container, limits: {} }], undefined);

  expect(limited).toContain('container_cpu_cfs_throttled_periods_total{container="c"');
  expect(limited).toMatch(/container_spec_cpu_quota\{.*\} 50000/);
  expect(free).not.toContain('cfs');
  expect(free).toMatch(/container_spec_memory_limit_bytes\{.*namespace="n",pod="p"\} 0/);
});

test('the node is idle where it used nothing', () => {
  expect(lines(nodePage({ processors: 2, memoryBytes: 1_000, usage }, 10))).toEqual([
    'node_cpu_seconds_total{cpu="0",mode="user"} 2',
    'node_cpu_seconds_total{cpu="0",mode="system"} 1',
    'node_cpu_seconds_total{cpu="0",mode="idle"} 17',
    'node_memory_MemTotal_bytes{} 1000',
    'node_memory_MemAvailable_bytes{} 920',
  ]);
});
