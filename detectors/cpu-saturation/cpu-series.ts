import { named, otelNamed } from '../../src/workload-metrics/index.ts';

/**
 * Every naming that is understood. `used-seconds`, `periods`, `throttled` and `process-seconds` are counters; the others are gauges.
 * Sources: cAdvisor, kube-state-metrics 1 and 2, OpenTelemetry's kubeletstats receiver and k8s conventions, prom-client, client_golang, Micrometer.
 */
export const CPU_NAMINGS = [
  ...named('used-seconds', ['container_cpu_usage_seconds_total']),
  ...otelNamed('used-cores', ['container_cpu_usage', 'k8s_container_cpu_usage', 'k8s_pod_cpu_usage']),
  ...named('limit', ['kube_pod_container_resource_limits', 'kube_pod_container_resource_limits_cpu_cores']),
  ...otelNamed('limit', ['k8s_container_cpu_limit']),
  ...named('quota', ['container_spec_cpu_quota']),
  ...named('period', ['container_spec_cpu_period']),
  ...otelNamed('limit-share', [
    'k8s_container_cpu_limit_utilization_ratio',
    'k8s_container_cpu_limit_utilization',
    'k8s_pod_cpu_limit_utilization_ratio',
    'k8s_pod_cpu_limit_utilization',
  ]),
  ...named('periods', ['container_cpu_cfs_periods_total']),
  ...named('throttled', ['container_cpu_cfs_throttled_periods_total']),
  ...named('process-seconds', ['process_cpu_seconds_total']),
  ...named('process-share', ['process_cpu_usage']),
  ...otelNamed('process-share', [
    'jvm_cpu_recent_utilization_ratio',
    'jvm_cpu_recent_utilization',
    'process_runtime_jvm_cpu_utilization_ratio',
    'process_runtime_jvm_cpu_utilization',
  ]),
  ...otelNamed('loop', ['nodejs_eventloop_utilization_ratio', 'nodejs_eventloop_utilization']),
  ...named('loop-lag', ['nodejs_eventloop_lag_p99_seconds']),
  ...otelNamed('loop-lag', ['nodejs_eventloop_delay_p99_seconds', 'nodejs_eventloop_delay_p99']),
] as const;

export type CpuRole = (typeof CPU_NAMINGS)[number]['role'];
