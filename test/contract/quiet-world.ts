import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import { fakePods, fakeWorkload } from '../fakes/cluster.ts';
import type { FakeSeries } from '../fakes/metrics.ts';
import type { DetectorWorld } from './detector-contract.ts';
import { detectorWorld } from './detector-contract.ts';

const MINUTE_MS = 60_000;
const MIB = 1_048_576;
type Over<T> = (minutesAgo: number) => T;

/** One pod and all that is measured of it, by minutes ago; every field has the value of a pod that is well. */
export interface QuietPod {
  readonly name: string;
  /** When its series begin and end, in minutes ago. */
  readonly from?: number;
  readonly until?: number;
  readonly view?: Partial<PodView>;
  readonly requestsPerS?: number;
  readonly errorShare?: Over<number>;
  readonly seconds?: Over<number>;
  readonly cpuShare?: Over<number>;
  readonly memoryMib?: Over<number>;
  readonly restarts?: Over<number>;
  readonly lastReason?: string;
  readonly waitingReason?: string;
  readonly up?: Over<number>;
}

export interface QuietGiven {
  readonly pods: readonly QuietPod[];
  readonly kind?: string;
  readonly workload?: Partial<Omit<WorkloadView, 'subject'>>;
  /** Highest replicas of an autoscaler, and the value of its metric in percent of its target. */
  readonly autoscaler?: { readonly max: number; readonly ofTarget: number };
  /** Minutes ago at which no scrape arrived at all. */
  readonly gap?: readonly [from: number, until: number];
}

/** A workload with everything that the detectors read: requests, calls, CPU, memory, containers, targets, pool, database, disk, certificate. */
export function quietWorld(given: QuietGiven): DetectorWorld {
  const made = detectorWorld((series, _, now) => {
    for (const pod of given.pods) writePod(series, pod, now, given.gap);
    writeDatabase(series, now);
    if (given.autoscaler) writeAutoscaler(series, now, given.autoscaler);
    const day = { from: now - 400 * MINUTE_MS, to: now, everyMs: MINUTE_MS };
    const disk = { instance: 'node-1:9100', mountpoint: '/', fstype: 'ext4' };
    series.gauge({ __name__: 'node_filesystem_avail_bytes', ...disk }, 4e9, day);
    series.gauge({ __name__: 'node_filesystem_size_bytes', ...disk }, 1e10, day);
    const certificate = { __name__: 'probe_ssl_earliest_cert_expiry', instance: 'https://orders.shop.svc/' };
    series.gauge(certificate, now / 1000 + 60 * 86_400, day);
  });
  const kind = given.kind ?? 'Deployment';
  const live = given.pods.filter((pod) => (pod.until ?? 0) === 0);
  const base = fakeWorkload({ subject: { kind }, replicas: kind === 'Job' ? null : live.length });
  const workload = { ...base, ...given.workload };
  const [like] = fakePods(workload, 1);
  made.cluster.remove(made.incident.subject);
  if (like)
    made.cluster.addWorkload(
      workload,
      live.map((pod, index) => ({ ...like, name: pod.name, uid: `uid-${index}`, ...pod.view })),
    );
  made.cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'orders' } });
  if (given.autoscaler) {
    const { max } = given.autoscaler;
    made.cluster.setAutoscaler(workload.subject, {
      name: 'orders',
      by: 'HorizontalPodAutoscaler',
      minReplicas: 1,
      maxReplicas: max,
    });
  }
  return { ...made, incident: { ...made.incident, subject: workload.subject, workload } };
}

function writePod(series: FakeSeries, pod: QuietPod, now: number, gap: QuietGiven['gap']): void {
  const shape = { from: now - (pod.from ?? 200) * MINUTE_MS, to: now - (pod.until ?? 0) * MINUTE_MS };
  const over = (value: Over<number>) => (at: number) => value((now - at) / MINUTE_MS);
  const spans = gap
    ? [
        { ...shape, to: Math.min(shape.to, now - gap[0] * MINUTE_MS) },
        { ...shape, from: Math.max(shape.from, now - gap[1] * MINUTE_MS) },
      ]
    : [shape];
  const place = { namespace: 'shop', pod: pod.name };
  const inApp = { ...place, container: 'app' };
  const gauge = (name: string, labels: Record<string, string>, value: Over<number>) => {
    for (const span of spans) series.gauge({ __name__: name, ...labels }, over(value), span);
  };
  /** A counter goes on in a gap: what nobody scraped was counted all the same. */
  const counter = (name: string, labels: Record<string, string>, perS: Over<number>) => {
    let total = 0;
    const totals = new Map<number, number>();
    for (let at = shape.from; at <= shape.to; at += 15_000) {
      total += over(perS)(at) * 15;
      totals.set(at, total);
    }
    for (const span of spans) series.gauge({ __name__: name, ...labels }, (at) => totals.get(at) ?? total, span);
  };

  const { requestsPerS = 5, errorShare = () => 0.001, seconds = () => 0.05 } = pod;
  for (const [status, share] of [
    ['200', (ago: number) => 1 - errorShare(ago)],
    ['500', errorShare],
  ] as const) {
    const labels = { ...place, status_code: status };
    const rate = (ago: number) => requestsPerS * share(ago);
    counter('http_request_duration_seconds_count', labels, rate);
    counter('http_request_duration_seconds_sum', labels, (ago) => rate(ago) * seconds(ago));
  }
  const called = { ...place, server_address: 'payments.example', http_response_status_code: '200' };
  counter('http_client_request_duration_seconds_count', called, () => requestsPerS);
  counter('http_client_request_duration_seconds_sum', called, () => requestsPerS * 0.03);

  counter('container_cpu_usage_seconds_total', inApp, pod.cpuShare ?? (() => 0.3));
  gauge('kube_pod_container_resource_limits', { ...inApp, resource: 'cpu' }, () => 1);
  gauge('container_memory_working_set_bytes', inApp, (ago) => (pod.memoryMib?.(ago) ?? 100) * MIB);
  gauge('container_spec_memory_limit_bytes', inApp, () => 256 * MIB);
  gauge('kube_pod_container_status_restarts_total', inApp, pod.restarts ?? (() => 0));
  if (pod.lastReason)
    gauge('kube_pod_container_status_last_terminated_reason', { ...inApp, reason: pod.lastReason }, () => 1);
  if (pod.waitingReason)
    gauge('kube_pod_container_status_waiting_reason', { ...inApp, reason: pod.waitingReason }, () => 1);
  gauge('up', { ...place, job: 'app', instance: pod.name }, pod.up ?? (() => 1));
  gauge('db_client_connection_count', { ...place, db_client_connection_state: 'used' }, () => 1);
  gauge('db_client_connection_max', place, () => 4);
  gauge('db_client_connection_pending_requests', place, () => 0);
}

function writeDatabase(series: FakeSeries, now: number): void {
  const shape = { from: now - 200 * MINUTE_MS, to: now };
  const server = { job: 'postgres', instance: 'db:9187' };
  series.gauge({ __name__: 'pg_up', ...server }, 1, shape);
  series.gauge({ __name__: 'pg_settings_max_connections', ...server }, 100, shape);
  series.gauge({ __name__: 'pg_stat_activity_count', ...server, state: 'active', wait_event_type: 'Client' }, 3, shape);
  series.gauge({ __name__: 'pg_stat_activity_count', ...server, state: 'idle', wait_event_type: 'Client' }, 9, shape);
}

function writeAutoscaler(
  series: FakeSeries,
  now: number,
  { max, ofTarget }: NonNullable<QuietGiven['autoscaler']>,
): void {
  const shape = { from: now - 60 * MINUTE_MS, to: now };
  const labels = { namespace: 'shop', horizontalpodautoscaler: 'orders' };
  const metric = { ...labels, metric_name: 'cpu', metric_target_type: 'utilization' };
  const name = (rest: string) => `kube_horizontalpodautoscaler_${rest}`;
  series.gauge({ __name__: name('status_desired_replicas'), ...labels }, max, shape);
  series.gauge({ __name__: name('spec_target_metric'), ...metric }, 70, shape);
  series.gauge({ __name__: name('status_target_metric'), ...metric }, 0.7 * ofTarget, shape);
}
