/** What a control group has used since it was made. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly periods: number;
  readonly throttledPeriods: number;
  readonly throttledSeconds: number;
  readonly memoryBytes: number;
  /** Use without file pages that the kernel can drop at once: what cAdvisor and the kubelet call the working set. */
  readonly workingSetBytes: number;
  readonly rssBytes: number;
  readonly oomKills: number;
}

/** Reads one file of a group as text; empty when it is not there. */
export type ReadFile = (name: string) => string;

const TICKS_PER_S = 100;

/** Files of cgroup v1 (kernel documentation, admin-guide/cgroup-v1): times in nanoseconds, cpuacct.stat in ticks. */
export function usageV1(cpu: ReadFile, cpuacct: ReadFile, memory: ReadFile): Usage {
  const throttling = pairs(cpu('cpu.stat'));
  const ticks = pairs(cpuacct('cpuacct.stat'));
  const stat = pairs(memory('memory.stat'));
  const memoryBytes = number(memory('memory.usage_in_bytes'));
  return {
    cpuSeconds: number(cpuacct('cpuacct.usage')) / 1e9,
    userSeconds: (ticks['user'] ?? 0) / TICKS_PER_S,
    systemSeconds: (ticks['system'] ?? 0) / TICKS_PER_S,
    periods: throttling['nr_periods'] ?? 0,
    throttledPeriods: throttling['nr_throttled'] ?? 0,
    throttledSeconds: (throttling['throttled_time'] ?? 0) / 1e9,
    memoryBytes,
    workingSetBytes: Math.max(0, memoryBytes - (stat['total_inactive_file'] ?? 0)),
    rssBytes: stat['total_rss'] ?? 0,
    oomKills: pairs(memory('memory.oom_control'))['oom_kill'] ?? 0,
  };
}

/** Files of cgroup v2 (kernel documentation, admin-guide/cgroup-v2): times in microseconds. */
export function usageV2(read: ReadFile): Usage {
  const cpu = pairs(read('cpu.stat'));
  const stat = pairs(read('memory.stat'));
  const memoryBytes = number(read('memory.current'));
  return {
    cpuSeconds: (cpu['usage_usec'] ?? 0) / 1e6,
    userSeconds: (cpu['user_usec'] ?? 0) / 1e6,
    systemSeconds: (cpu['system_usec'] ?? 0) / 1e6,
    periods: cpu['nr_periods'] ?? 0,
    throttledPeriods: cpu['nr_throttled'] ?? 0,
    throttledSeconds: (cpu['throttled_usec'] ?? 0) / 1e6,
    memoryBytes,
    workingSetBytes: Math.max(0, memoryBytes - (stat['inactive_file'] ?? 0)),
    rssBytes: stat['anon'] ?? 0,
    oomKills: pairs(read('memory.events'))['oom_kill'] ?? 0,
  };
}

function pairs(text: string): Readonly<Record<string, number>> {
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name = '', value = '']) => [name, number(value)]),
  );
}

function number(text: string): number {
  const value = Number(text.trim());
  return Number.isFinite(value) ? value : 0;
}
