import type { DetectorWorld } from './detector-contract.ts';
import { detectorWorld } from './detector-contract.ts';

export interface AutoscalerGiven {
  readonly replicas?: number;
  readonly maxReplicas?: number;
  readonly desired?: (minutesAgo: number) => number;
  /** Value of its metric in percent; the target is 70. */
  readonly value?: (minutesAgo: number) => number;
  readonly conditions?: Readonly<Record<string, 'true' | 'false' | 'unknown'>>;
  readonly naming?: 'ksm' | 'ksm-1' | 'honor-labels-off' | 'otel' | 'otel-old' | 'otel-dots';
  readonly users?: 'hurt' | 'well' | 'unmeasured';
  readonly by?: 'HorizontalPodAutoscaler' | 'KEDA';
}

const MINUTE_MS = 60_000;

/** Deployment shop/orders with an autoscaler of its name. */
export function autoscalerWorld(given: AutoscalerGiven): DetectorWorld {
  const { replicas = 5, maxReplicas = 5, naming = 'ksm', users = 'hurt', by = 'HorizontalPodAutoscaler' } = given;
  const made = detectorWorld((series, pods, now) => {
    const shape = { from: now - 30 * MINUTE_MS, to: now };
    const ago = (at: number) => (now - at) / MINUTE_MS;
    const desired = (at: number) => given.desired?.(ago(at)) ?? replicas;
    const name = by === 'KEDA' ? 'keda-hpa-orders' : 'orders';
    const otel = { k8s_namespace_name: 'shop', k8s_hpa_name: name };
    const ksm = { namespace: 'shop', horizontalpodautoscaler: name };
    const places = {
      ksm: ['kube_horizontalpodautoscaler_status_desired_replicas', ksm],
      'ksm-1': ['kube_hpa_status_desired_replicas', { namespace: 'shop', hpa: name }],
      'honor-labels-off': [
        'kube_horizontalpodautoscaler_status_desired_replicas',
        { ...ksm, namespace: 'mon', exported_namespace: 'shop' },
      ],
      otel: ['k8s_hpa_pod_desired', otel],
      'otel-old': ['k8s_hpa_desired_replicas', otel],
      'otel-dots': ['k8s.hpa.pod.desired', otel],
    } as const;
    const [metric, labels] = places[naming];
    series.gauge({ __name__: metric, ...labels }, desired, shape);
    if (given.value) {
      const target = { ...ksm, metric_name: 'cpu', metric_target_type: 'utilization' };
      series.gauge({ __name__: 'kube_horizontalpodautoscaler_spec_target_metric', ...target }, 70, shape);
      const value = (at: number) => given.value?.(ago(at)) ?? 0;
      series.gauge({ __name__: 'kube_horizontalpodautoscaler_status_target_metric', ...target }, value, shape);
    }
    for (const [condition, holds] of Object.entries(given.conditions ?? {})) {
      for (const status of ['true', 'false', 'unknown']) {
        const one = { __name__: 'kube_horizontalpodautoscaler_status_condition', ...ksm, condition, status };
        series.gauge(one, status === holds ? 1 : 0, shape);
      }
    }
    if (users === 'unmeasured') return;
    for (const pod of pods) {
      const seconds = (at: number) => (users === 'hurt' && at > now - 150_000 ? 0.8 : 0.04);
      const requests = { name: 'http_request_duration_seconds', labels: { namespace: 'shop', pod }, seconds, perS: 5 };
      series.histogram(requests, { from: now - 60 * MINUTE_MS, to: now });
    }
  });
  const workload = { ...made.incident.workload, replicas };
  made.cluster.addWorkload(workload);
  made.cluster.setAutoscaler(workload.subject, { name: 'orders', by, minReplicas: 2, maxReplicas });
  return { ...made, incident: { ...made.incident, workload } };
}
