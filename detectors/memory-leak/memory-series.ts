import type { Points, WorkloadSeries } from '../../src/workload-metrics/index.ts';
import { addInto, lastValue, named, otelNamed } from '../../src/workload-metrics/index.ts';

/**
 * Every naming that is understood, what the kernel judges by first. `heap` belongs to `heap-limit`, `used` to `limit`.
 * Sources: cAdvisor, kube-state-metrics 1 and 2, OpenTelemetry's kubeletstats and runtimes, prom-client and client_golang, Micrometer.
 */
export const MEMORY_NAMINGS = [
  ...named('used', ['container_memory_working_set_bytes']),
  ...otelNamed('used', [
    'container_memory_working_set',
    'k8s_container_memory_working_set_bytes',
    'k8s_pod_memory_working_set_bytes',
    'k8s_pod_memory_working_set',
  ]),
  ...named('used', ['process_resident_memory_bytes']),
  ...otelNamed('used', ['process_memory_usage_bytes', 'process_memory_usage']),
  ...named('heap', ['jvm_memory_used_bytes']),
  ...otelNamed('heap', ['jvm_memory_used', 'v8js_memory_heap_used_bytes', 'v8js_memory_heap_used']),
  ...named('heap-limit', ['jvm_memory_max_bytes']),
  ...otelNamed('heap-limit', [
    'jvm_memory_limit_bytes',
    'jvm_memory_limit',
    'v8js_memory_heap_limit_bytes',
    'v8js_memory_heap_limit',
  ]),
  ...named('limit', ['kube_pod_container_resource_limits', 'kube_pod_container_resource_limits_memory_bytes']),
  ...otelNamed('limit', ['k8s_container_memory_limit_bytes', 'k8s_container_memory_limit']),
  ...named('limit', ['container_spec_memory_limit_bytes']),
] as const;
export type MemoryRole = (typeof MEMORY_NAMINGS)[number]['role'];

/** Labels that split the heap of one process; its parts are added up. */
export const HEAP_LABELS = [
  'area',
  'id',
  'jvm_memory_type',
  'jvm_memory_pool_name',
  'v8js_heap_space_name',
  'resource',
] as const;

export interface ContainerMemory {
  readonly pod: string;
  readonly container: string;
  readonly used: Points;
  readonly limitBytes: number;
}

/** Memory of each container whose limit is known: without a limit there is nothing to reach but the node's. */
export function containersOf(series: readonly WorkloadSeries<MemoryRole>[], at: number): readonly ContainerMemory[] {
  const byPod = Map.groupBy(series, (one) => one.pod);
  return [...byPod].flatMap(([pod, own]) => {
    const containers = new Set(
      own.filter((one) => one.role === 'used' || one.role === 'heap').map((one) => one.container),
    );
    return [...containers].flatMap((container): ContainerMemory[] => {
      const mine = own.filter((one) => one.container === container);
      const limits = own.filter((one) => one.role === 'limit');
      // Metrics of a process may not name its container; then the pod's only limit is meant.
      const limit =
        newest(
          limits.filter((one) => one.container === container),
          at,
        ) ?? (limits.length === 1 ? newest(limits, at) : null);
      const used = firstNamed(mine.filter((one) => one.role === 'used'));
      if (used !== null && limit !== null) return [{ pod, container, used, limitBytes: limit }];
      const heapSeries = (role: MemoryRole) => mine.filter((one) => one.role === role && isHeap(one.labels));
      const heap = firstNamed(heapSeries('heap'));
      const heapLimit = lastValue(firstNamed(heapSeries('heap-limit')) ?? new Map(), at);
      if (heap === null || heapLimit === null || heapLimit <= 0) return [];
      return [{ pod, container, used: heap, limitBytes: heapLimit }];
    });
  });
}

function newest(series: readonly WorkloadSeries<MemoryRole>[], at: number): number | null {
  const values = series.map((one) => lastValue(one.points, at)).filter((value) => value !== null && value > 0);
  return values[0] ?? null;
}

/** Of several namings the first; its parts added up. A part without a limit of its own says -1. */
function firstNamed(series: readonly WorkloadSeries<MemoryRole>[]): Points | null {
  const [first] = series;
  if (first === undefined) return null;
  const total: Points = new Map();
  for (const one of series) {
    if (one.name === first.name) addInto(total, new Map([...one.points].filter(([, value]) => value > 0)));
  }
  return total;
}

function isHeap({ area, jvm_memory_type: type }: Readonly<Record<string, string>>): boolean {
  const told = area || type || 'heap';
  return told.toLowerCase() === 'heap';
}
