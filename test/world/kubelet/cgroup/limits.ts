/** Limits of one group; a missing one is none. */
export interface Limits {
  readonly cpuRequest?: number;
  readonly cpuLimit?: number;
  readonly memoryLimitBytes?: number;
}

/** The kubelet's own period (kubernetes/pkg/kubelet/cm/helpers_linux.go), and the smallest quota and share that the kernel takes. */
export const CPU_PERIOD_US = 100_000;
const MIN_QUOTA_US = 1_000;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;

export function quotaUs(cpu: number): number {
  return Math.max(MIN_QUOTA_US, Math.round(cpu * CPU_PERIOD_US));
}

/** 1024 for a whole processor; what asks for nothing gets what is left over. */
export function cpuShares(cpuRequest = 0): number {
  return Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.round(cpuRequest * 1024)));
}

/** The conversion that container runtimes use for version 2 (kubernetes KEP 2254). */
export function cpuWeight(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9_999) / 262_142);
}

export interface LimitFile {
  readonly controller: 'cpu' | 'memory';
  readonly file: string;
  readonly value: string;
}

/** What has to be written where, in this order. */
export function limitFiles(version: 1 | 2, { cpuRequest, cpuLimit, memoryLimitBytes }: Limits): readonly LimitFile[] {
  const shares = cpuShares(cpuRequest);
  const memory = memoryLimitBytes === undefined ? undefined : String(Math.round(memoryLimitBytes));
  const cpu = (file: string, value: string | number): LimitFile => ({ controller: 'cpu', file, value: String(value) });
  if (version === 1) {
    return [
      cpu('cpu.shares', shares),
      ...(cpuLimit === undefined
        ? []
        : [cpu('cpu.cfs_period_us', CPU_PERIOD_US), cpu('cpu.cfs_quota_us', quotaUs(cpuLimit))]),
      ...(memory === undefined
        ? []
        : [{ controller: 'memory', file: 'memory.limit_in_bytes', value: memory } as const]),
    ];
  }
  return [
    cpu('cpu.weight', cpuWeight(shares)),
    ...(cpuLimit === undefined ? [] : [cpu('cpu.max', `${quotaUs(cpuLimit)} ${CPU_PERIOD_US}`)]),
    ...(memory === undefined ? [] : [{ controller: 'memory', file: 'memory.max', value: memory } as const]),
  ];
}
