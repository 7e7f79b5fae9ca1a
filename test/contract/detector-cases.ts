import type { FakeCluster } from '../fakes/cluster.ts';
import type { detectorContract } from './detector-contract.ts';

type Case = Parameters<typeof detectorContract>[1];
type Series = Parameters<Case['sick']>[0];

/** Requests of every pod that got slow 150 s ago. */
function slowRequests(series: Series, pods: readonly string[], now: number): void {
  for (const pod of pods) {
    const seconds = (at: number) => (at > now - 150_000 ? 0.8 : 0.04);
    const labels = { namespace: 'shop', pod };
    const given = { name: 'http_request_duration_seconds', labels, seconds, perS: 5 };
    series.histogram(given, { from: now - 3_600_000, to: now });
  }
}

/** Every workload is at the maximum of its autoscaler. */
function autoscaled(cluster: FakeCluster): void {
  for (const { subject, replicas } of cluster.reader.workloads()) {
    const maxReplicas = replicas ?? 1;
    cluster.setAutoscaler(subject, { name: subject.name, by: 'HorizontalPodAutoscaler', minReplicas: 1, maxReplicas });
  }
}

/** Ten requests per second and pod for an hour; for the last five minutes what is given. */
function requestsOf(series: Series, pods: readonly string[], now: number, perS: number, failedPerS = 0): void {
  const lately = (usual: number, later: number) => (at: number) => (at > now - 300_000 ? later : usual);
  const shape = { from: now - 3_600_000, to: now };
  for (const pod of pods) {
    const labels = { __name__: 'http_request_duration_seconds_count', namespace: 'shop', pod };
    series.counter({ ...labels, status: '200' }, lately(10, perS), shape);
    series.counter({ ...labels, status: '500' }, lately(0, failedPerS), shape);
  }
}

/** For each detector a world in which it finds something, and the metrics that it reads. */
export const DETECTOR_CASES: Readonly<Record<string, Case>> = {
  'latency-spike': {
    names: ['http_request_duration_seconds_bucket', 'http_request_duration_seconds_count'],
    sick: slowRequests,
  },
  'error-burst': {
    names: ['http_request_duration_seconds_count'],
    sick: (series, pods, now) => requestsOf(series, pods, now, 10, 2),
  },
  'traffic-surge': {
    names: ['http_request_duration_seconds_count'],
    sick: (series, pods, now) => requestsOf(series, pods, now, 60),
  },
  'traffic-drop': {
    names: ['http_request_duration_seconds_count'],
    sick: (series, pods, now) => requestsOf(series, pods, now, 1),
  },
  'pool-exhaustion': {
    names: ['hikaricp_connections_active', 'hikaricp_connections_max', 'hikaricp_connections_pending'],
    sick(series, pods, now) {
      for (const pod of pods) {
        for (const [name, value] of Object.entries({ active: 4, max: 4, pending: 3 })) {
          const labels = { __name__: `hikaricp_connections_${name}`, pool: 'main', namespace: 'shop', pod };
          series.gauge(labels, value, { from: now - 300_000, to: now });
        }
      }
    },
  },
  'cpu-saturation': {
    names: ['process_cpu_usage', 'container_cpu_usage_seconds_total', 'nodejs_eventloop_utilization'],
    sick(series, pods, now) {
      slowRequests(series, pods, now);
      for (const pod of pods) {
        series.gauge({ __name__: 'process_cpu_usage', namespace: 'shop', pod }, 0.99, { from: now - 300_000, to: now });
      }
    },
  },
  'lock-waits': {
    config: { databases: [{ name: 'shop', matchers: { job: 'postgres' }, usedBy: ['shop/orders'] }] },
    names: ['pg_stat_activity_count', 'pg_stat_activity_max_tx_duration', 'pg_locks_count'],
    sick(series, pods, now) {
      slowRequests(series, pods, now);
      const labels = { job: 'postgres', instance: 'db:9187', state: 'active', wait_event_type: 'Lock' };
      series.gauge({ __name__: 'pg_stat_activity_count', ...labels }, 9, { from: now - 300_000, to: now });
    },
  },
  'dependency-outage': {
    names: ['http_client_request_duration_seconds_count', 'http_client_request_duration_seconds_sum'],
    sick(series, pods, now) {
      const isDown = (at: number) => at > now - 150_000;
      for (const pod of pods) {
        const labels = {
          __name__: 'http_client_request_duration_seconds_count',
          namespace: 'shop',
          pod,
          server_address: 'api.payments.example',
        };
        const shape = { from: now - 3_000_000, to: now };
        series.counter({ ...labels, http_response_status_code: '200' }, (at) => (isDown(at) ? 0 : 5), shape);
        series.counter({ ...labels, error_type: 'ECONNREFUSED' }, (at) => (isDown(at) ? 5 : 0), shape);
      }
    },
  },
  'certificate-expiry': {
    names: ['x509_cert_not_after', 'probe_ssl_earliest_cert_expiry'],
    sick(series, [pod = ''], now) {
      const labels = { __name__: 'x509_cert_not_after', filepath: '/tls/tls.crt', namespace: 'shop', pod };
      series.gauge(labels, now / 1000 - 3_600, { from: now - 300_000, to: now });
    },
  },
  'missing-telemetry': {
    names: ['up', 'target_info'],
    sick(series, pods, now) {
      for (const pod of pods) {
        const labels = { __name__: 'up', job: 'app', instance: 'app:9464', namespace: 'shop', pod };
        series.gauge(labels, (at) => (at > now - 600_000 ? 0 : 1), { from: now - 2_400_000, to: now });
      }
    },
  },
  'out-of-memory': {
    names: ['kube_pod_container_status_restarts_total', 'container_oom_events_total'],
    sick(series, pods, now) {
      for (const pod of pods) {
        const labels = { __name__: 'container_oom_events_total', container: 'app', namespace: 'shop', pod };
        series.counter(labels, 0.01, { from: now - 1_800_000, to: now });
      }
    },
  },
  'crash-loop': {
    names: ['kube_pod_container_status_restarts_total', 'kube_pod_container_status_waiting_reason'],
    sick(series, pods, now) {
      for (const pod of pods) {
        const labels = {
          __name__: 'kube_pod_container_status_restarts_total',
          container: 'app',
          namespace: 'shop',
          pod,
        };
        series.gauge(labels, (at) => Math.floor(at / 120_000), { from: now - 1_800_000, to: now });
      }
    },
  },
  'scaled-to-zero': {
    names: ['kube_deployment_spec_replicas'],
    withoutMetrics: true,
    sick(series, _, now, cluster) {
      const [workload] = cluster.reader.workloads();
      if (workload) cluster.addWorkload({ ...workload, replicas: 0 }, []);
      cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'orders' } });
      const labels = { __name__: 'kube_deployment_spec_replicas', namespace: 'shop', deployment: 'orders' };
      series.gauge(labels, (at) => (at > now - 600_000 ? 0 : 3), { from: now - 3_600_000, to: now });
    },
  },
  'bad-release': {
    names: ['http_request_duration_seconds_count', 'http_request_duration_seconds_sum'],
    sick(series, _, now) {
      const start = now - 240_000;
      for (const [pod, from, to, status] of [
        ['orders-7d9f8c6b5d-aaaaa', now - 3_600_000, start, '200'],
        ['orders-6c5b7d8f94-aaaaa', start, now, '500'],
      ] as const) {
        const labels = { namespace: 'shop', pod, status_code: status };
        series.counter({ __name__: 'http_request_duration_seconds_count', ...labels }, 5, { from, to });
        series.counter({ __name__: 'http_request_duration_seconds_sum', ...labels }, 0.2, { from, to });
      }
    },
  },
  'autoscaler-at-limit': {
    names: ['kube_horizontalpodautoscaler_status_desired_replicas'],
    sick(series, pods, now, cluster) {
      slowRequests(series, pods, now);
      autoscaled(cluster);
      const labels = { namespace: 'shop', horizontalpodautoscaler: 'orders' };
      const shape = { from: now - 900_000, to: now };
      series.gauge({ __name__: 'kube_horizontalpodautoscaler_status_desired_replicas', ...labels }, 3, shape);
    },
  },
  'misconfigured-autoscaler': {
    names: ['kube_horizontalpodautoscaler_status_condition'],
    sick(series, pods, now, cluster) {
      slowRequests(series, pods, now);
      autoscaled(cluster);
      const labels = {
        namespace: 'shop',
        horizontalpodautoscaler: 'orders',
        condition: 'ScalingActive',
        status: 'false',
      };
      const shape = { from: now - 900_000, to: now };
      series.gauge({ __name__: 'kube_horizontalpodautoscaler_status_condition', ...labels }, 1, shape);
    },
  },
  'workload-not-starting': {
    names: ['kube_pod_container_status_waiting_reason', 'kube_pod_status_unschedulable'],
    sick(series, pods, now, cluster) {
      for (const workload of cluster.reader.workloads()) {
        const waiting = cluster.reader
          .podsOf(workload.subject)
          .map((pod) => ({ ...pod, ready: false, phase: 'Pending' }));
        cluster.addWorkload({ ...workload, readyReplicas: 0 }, waiting);
      }
      for (const pod of pods) {
        const labels = { namespace: 'shop', pod, container: 'app', reason: 'ImagePullBackOff' };
        const shape = { from: now - 900_000, to: now };
        series.gauge({ __name__: 'kube_pod_container_status_waiting_reason', ...labels }, 1, shape);
      }
    },
  },
  'memory-leak': {
    names: ['container_memory_working_set_bytes', 'container_spec_memory_limit_bytes'],
    sick(series, pods, now) {
      for (const pod of pods) {
        const labels = { namespace: 'shop', pod, container: 'app' };
        const shape = { from: now - 7_200_000, to: now };
        const bytes = (at: number) => 2e8 - (now - at) * 25;
        series.gauge({ __name__: 'container_memory_working_set_bytes', ...labels }, bytes, shape);
        series.gauge({ __name__: 'container_spec_memory_limit_bytes', ...labels }, 2.5e8, shape);
      }
    },
  },
  'disk-filling': {
    names: ['kubelet_volume_stats_available_bytes', 'node_filesystem_avail_bytes'],
    sick(series, _, now) {
      const labels = { instance: 'node-1:9100', mountpoint: '/', fstype: 'ext4' };
      const shape = { from: now - 900_000, to: now };
      series.gauge({ __name__: 'node_filesystem_avail_bytes', ...labels }, 1e8, shape);
      series.gauge({ __name__: 'node_filesystem_size_bytes', ...labels }, 1e10, shape);
    },
  },
  'service-unreachable': {
    names: [],
    withoutMetrics: true,
    sick(_series, _pods, _now, cluster) {
      cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'order' } });
    },
  },
  'node-trouble': {
    names: ['container_cpu_usage_seconds_total'],
    withoutMetrics: true,
    sick(_series, _pods, now, cluster) {
      const condition = { type: 'Ready', status: 'Unknown', reason: '', message: '', since: now - 600_000 };
      const node = { name: 'node-1', unschedulable: false, conditions: [condition], taints: [], allocatable: {} };
      cluster.setDetails({ nodes: [node] });
    },
  },
  'queue-backlog': {
    names: ['kafka_consumer_fetch_manager_records_lag_max', 'bullmq_jobs_waiting'],
    sick(series, _, now) {
      const labels = { __name__: 'kafka_consumergroup_lag_sum', consumergroup: 'orders', topic: 'created' };
      series.gauge(labels, (at) => 9_000 - (now - at) / 100, { from: now - 600_000, to: now });
    },
  },
  'new-error-pattern': {
    names: [],
    withoutMetrics: true,
    sick: (_series, pods, now, _cluster, logs) => {
      logs.served(now, 65, 20);
      const error = { exception: 'TypeError', status: 500, level: 'error', pod: pods[0] } as const;
      logs.lines(`request failed\nTypeError: no terms\n    at priceOf (/app/src/price.ts:7:3)`, now, 5, 4, error);
    },
  },
  'log-signature': {
    names: [],
    withoutMetrics: true,
    sick: (_series, _pods, now, _cluster, logs) => {
      logs.served(now, 65, 20);
      logs.lines('timeout exceeded when trying to connect', now, 5, 4, { level: 'error' });
    },
  },
};
