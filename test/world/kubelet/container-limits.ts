import type { Limits } from './cgroup/limits.ts';
import type { ContainerSpec, Pod } from './pod.ts';
import { parseQuantity } from './quantity.ts';

/** What a container asks for and may use. A limit alone is also the request, as the API server has it. */
export function limitsOf({ resources }: ContainerSpec): Limits {
  const { requests = {}, limits = {} } = resources ?? {};
  const quantity = (text: string | undefined) => (text === undefined ? undefined : parseQuantity(text));
  const cpuRequest = quantity(requests['cpu'] ?? limits['cpu']);
  const cpuLimit = quantity(limits['cpu']);
  const memoryLimitBytes = quantity(limits['memory']);
  return {
    ...(cpuRequest === undefined ? {} : { cpuRequest }),
    ...(cpuLimit === undefined ? {} : { cpuLimit }),
    ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
  };
}

export function cpuRequestOf(pod: Pod): number {
  return pod.spec.containers.reduce((sum, it) => sum + (limitsOf(it).cpuRequest ?? 0), 0);
}
