import { CPU_PERIOD_US, cpuShares, type Limits, quotaUs } from '../cgroup/limits.ts';
import type { Usage } from '../cgroup/read.ts';
import { Exposition, type Labels } from './exposition.ts';

export interface ContainerFigures {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly image: string;
  readonly containerId: string;
  readonly cgroupId: string;
  readonly startedAtMs: number;
  readonly limits: Limits;
  readonly usage: Usage;
  /** Out-of-memory kills of all its runs. */
  readonly oomKills: number;
  /** What it has written to its log; its other files are those of the machine. */
  readonly logBytes: number;
}

export interface NodeFigures {
  readonly processors: number;
  readonly memoryBytes: number;
  readonly usage: Usage;
}

/** cAdvisor's names and labels (google/cadvisor docs/storage/prometheus.md), for what a process in its own groups has. */
export function containerPage(containers: readonly ContainerFigures[], node: NodeFigures | undefined): string {
  const page = new Exposition();
  if (node) {
    page.add('gauge', 'machine_cpu_cores', {}, node.processors);
    page.add('gauge', 'machine_memory_bytes', {}, node.memoryBytes);
    addUsage(page, { id: '/', container: '', image: '', name: '', namespace: '', pod: '' }, node.usage);
  }
  for (const it of containers) {
    const labels: Labels = {
      container: it.container,
      id: it.cgroupId,
      image: it.image,
      name: it.containerId,
      namespace: it.namespace,
      pod: it.pod,
    };
    addUsage(page, labels, it.usage);
    addLimits(page, labels, it.limits, it.usage);
    page.add('counter', 'container_oom_events_total', oomLabels(it), it.oomKills);
    page.add('gauge', 'container_start_time_seconds', labels, it.startedAtMs / 1000);
    page.add('gauge', 'container_fs_usage_bytes', { ...labels, device: '' }, it.logBytes);
  }
  return page.text();
}

/** Without what differs from run to run: a counter that ends with the container that it counts for could never rise. */
function oomLabels({ namespace, pod, container }: ContainerFigures): Labels {
  return { container, namespace, pod };
}

function addUsage(page: Exposition, labels: Labels, usage: Usage): void {
  page.add('counter', 'container_cpu_usage_seconds_total', { ...labels, cpu: 'total' }, usage.cpuSeconds);
  page.add('counter', 'container_cpu_user_seconds_total', labels, usage.userSeconds);
  page.add('counter', 'container_cpu_system_seconds_total', labels, usage.systemSeconds);
  page.add('gauge', 'container_memory_usage_bytes', labels, usage.memoryBytes);
  page.add('gauge', 'container_memory_working_set_bytes', labels, usage.workingSetBytes);
  page.add('gauge', 'container_memory_rss', labels, usage.rssBytes);
}

/** A container without a CPU limit has no periods, and its memory limit is 0, which is how cAdvisor says "none". */
function addLimits(page: Exposition, labels: Labels, limits: Limits, usage: Usage): void {
  page.add('gauge', 'container_spec_cpu_period', labels, CPU_PERIOD_US);
  page.add('gauge', 'container_spec_cpu_shares', labels, cpuShares(limits.cpuRequest));
  page.add('gauge', 'container_spec_memory_limit_bytes', labels, limits.memoryLimitBytes ?? 0);
  if (limits.cpuLimit === undefined) return;
  page.add('gauge', 'container_spec_cpu_quota', labels, quotaUs(limits.cpuLimit));
  page.add('counter', 'container_cpu_cfs_periods_total', labels, usage.periods);
  page.add('counter', 'container_cpu_cfs_throttled_periods_total', labels, usage.throttledPeriods);
  page.add('counter', 'container_cpu_cfs_throttled_seconds_total', labels, usage.throttledSeconds);
}

/**
 * node-exporter's names for a played node, whose processors and memory are those of its control group. Idle is what the node could have
 * used; no other mode is known.
 */
export function nodePage(node: NodeFigures, sinceStartS: number): string {
  const page = new Exposition();
  const { userSeconds, systemSeconds, cpuSeconds, workingSetBytes } = node.usage;
  const idle = Math.max(0, node.processors * sinceStartS - cpuSeconds);
  for (const [mode, seconds] of Object.entries({ user: userSeconds, system: systemSeconds, idle })) {
    page.add('counter', 'node_cpu_seconds_total', { cpu: '0', mode }, seconds);
  }
  page.add('gauge', 'node_memory_MemTotal_bytes', {}, node.memoryBytes);
  page.add('gauge', 'node_memory_MemAvailable_bytes', {}, Math.max(0, node.memoryBytes - workingSetBytes));
  return page.text();
}

export interface VolumeFigures {
  readonly namespace: string;
  readonly claim: string;
  readonly capacityBytes: number;
  readonly availableBytes: number;
  readonly usedBytes: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** The kubelet's names for volumes of claims (kubernetes/pkg/kubelet/metrics/collectors/volume_stats.go). */
export function volumePage(volumes: readonly VolumeFigures[]): string {
  const page = new Exposition();
  for (const { namespace, claim, ...it } of volumes) {
    const labels = { namespace, persistentvolumeclaim: claim };
    page.add('gauge', 'kubelet_volume_stats_capacity_bytes', labels, it.capacityBytes);
    page.add('gauge', 'kubelet_volume_stats_available_bytes', labels, it.availableBytes);
    page.add('gauge', 'kubelet_volume_stats_used_bytes', labels, it.usedBytes);
    page.add('gauge', 'kubelet_volume_stats_inodes', labels, it.inodes);
    page.add('gauge', 'kubelet_volume_stats_inodes_free', labels, it.inodesFree);
    page.add('gauge', 'kubelet_volume_stats_inodes_used', labels, it.inodes - it.inodesFree);
  }
  return page.text();
}
