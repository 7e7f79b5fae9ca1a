import { expect, test } from 'vitest';
import { usageV1, usageV2 } from './read.ts';

const reader = (files: Readonly<Record<string, string>>) => (name: string) => files[name] ?? '';

test('version 1', () => {
  const usage = usageV1(
    reader({ 'cpu.stat': 'nr_periods 40\nnr_throttled 30\nthrottled_time 2500000000\nwait_sum 1\n' }),
    reader({ 'cpuacct.usage': '1500000000\n', 'cpuacct.stat': 'user 120\nsystem 30\n' }),
    reader({
      'memory.usage_in_bytes': '1000\n',
      'memory.stat': 'cache 5\ninactive_file 1\ntotal_inactive_file 400\ntotal_rss 500\n',
      'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
    }),
  );

  expect(usage).toEqual({
    cpuSeconds: 1.5,
    userSeconds: 1.2,
    systemSeconds: 0.3,
    periods: 40,
    throttledPeriods: 30,
    throttledSeconds: 2.5,
    memoryBytes: 1000,
    workingSetBytes: 600,
    rssBytes: 500,
    oomKills: 2,
  });
});

test('version 2', () => {
  const usage = usageV2(
    reader({
      'cpu.stat':
        'usage_usec 1500000\nuser_usec 1200000\nsystem_usec 300000\nnr_periods 40\nnr_throttled 30\nthrottled_usec 2500000\n',
      'memory.current': '1000',
      'memory.stat': 'anon 500\ninactive_file 400\n',
      'memory.events': 'low 0\noom 3\noom_kill 2\n',
    }),
  );

  expect(usage).toMatchObject({ cpuSeconds: 1.5, throttledSeconds: 2.5, workingSetBytes: 600, rssBytes: 500 });
  expect(usage.oomKills).toBe(2);
});
