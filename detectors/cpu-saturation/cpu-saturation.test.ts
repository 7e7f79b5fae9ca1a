import { describe, expect, it } from 'vitest';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakeRevision } from '../../test/fakes/cluster.ts';
import type { FakeSeries } from '../../test/fakes/metrics.ts';
import { cpuSaturation } from './index.ts';

const HOUR_MS = 3_600_000;

type Write = (series: FakeSeries, labels: Record<string, string>, shape: { from: number; to: number }) => void;

/** Requests that got slower lately, or did not; and whatever `write` says of the CPU of each pod. */
function world(write: Write, users: 'hurt' | 'well' | 'unmeasured' = 'hurt', pods = 3) {
  return detectorWorld((series, names, now) => {
    for (const [index, pod] of names.entries()) {
      const labels = { namespace: 'shop', pod };
      if (index < pods) write(series, labels, { from: now - 600_000, to: now });
      else series.gauge({ __name__: 'process_cpu_usage', ...labels }, 0.1, { from: now - 600_000, to: now });
      if (users === 'unmeasured') continue;
      const seconds = (at: number) => (users === 'hurt' && at > now - 150_000 ? 0.8 : 0.04);
      const given = { name: 'http_request_duration_seconds', labels, seconds, perS: 5 };
      series.histogram(given, { from: now - HOUR_MS, to: now });
    }
  });
}

const counter = (name: string, perS: number, extra = {}): Write => {
  return (series, labels, shape) => series.counter({ __name__: name, ...labels, ...extra }, perS, shape);
};
const gauge = (name: string, value: number, extra = {}): Write => {
  return (series, labels, shape) => series.gauge({ __name__: name, ...labels, ...extra }, value, shape);
};
const all = (...writes: Write[]): Write => {
  return (series, labels, shape) => {
    for (const write of writes) write(series, labels, shape);
  };
};

const APP = { container: 'app' };
const used = counter('container_cpu_usage_seconds_total', 0.48, APP);
const limit = gauge('kube_pod_container_resource_limits', 0.5, { ...APP, resource: 'cpu', unit: 'core' });
const throttled = (share: number) =>
  all(
    counter('container_cpu_cfs_periods_total', 10, APP),
    counter('container_cpu_cfs_throttled_periods_total', 10 * share, APP),
  );

describe('cpu-saturation', () => {
  it('names pods, container, limit and throttling', async () => {
    const [finding] = await detectIn(world(all(used, limit, throttled(0.61))), cpuSaturation);

    expect(finding).toMatchObject({ reason: 'cpu-saturated', subject: { name: 'orders' }, confidence: 0.85 });
    expect(finding?.summary).toMatch(
      /3 of 3 pods out of CPU; container app of orders-\S+ at 96 % of its CPU \(limit 0\.5 cores\), throttled in 61 % of periods; its requests take/,
    );
    expect(finding?.figures).toMatchObject({ saturatedPods: 3, pods: 3, limitCores: 0.5 });
    expect(finding?.figures.usedCores).toBeCloseTo(0.48, 3);
    expect(finding?.figures.throttledShare).toBeCloseTo(0.61, 3);
  });

  it('is unsettled while the autoscaler of the workload may still add replicas', async () => {
    const autoscaled = world(all(used, limit));
    const { subject } = autoscaled.incident;
    autoscaled.cluster.setAutoscaler(subject, {
      by: 'HorizontalPodAutoscaler',
      name: 'orders',
      minReplicas: 1,
      maxReplicas: 3,
    });

    const [early] = await detectIn(autoscaled, cpuSaturation);
    const [alone] = await detectIn(world(all(used, limit)), cpuSaturation);

    expect(early?.unsettled).toBe('HorizontalPodAutoscaler orders may still add replicas, or be at its maximum');
    expect(alone?.unsettled).toBeUndefined();
  });

  it('names the limit that was lowered, and the command that raises it', async () => {
    const made = world(all(used, limit));
    const limited = (cpu: string) => ({ resources: { limits: { cpu } } });
    made.cluster.setDetails({
      revisions: [fakeRevision(8, made.now - 600_000, limited('500m')), fakeRevision(7, 0, limited('1'))],
    });

    const [finding] = await detectIn(made, cpuSaturation);

    expect(finding?.change?.what).toBe('cpu limit 1 -> 500m: revision 7 -> 8');
    expect(finding?.mend).toBe('kubectl -n shop set resources deployment/orders -c app --limits=cpu=750m');
  });

  it.each<[string, number, object]>([
    ['a change of yesterday', 24 * HOUR_MS, { image: 'app:2' }],
    ['a change of a probe', 600_000, { readinessProbe: {} }],
  ])('does not blame %s', async (_, ago, after) => {
    const made = world(all(used, limit));
    made.cluster.setDetails({ revisions: [fakeRevision(8, made.now - ago, after), fakeRevision(7, 0)] });

    const [finding] = await detectIn(made, cpuSaturation);

    expect(finding).toBeDefined();
    expect(finding?.change).toBeUndefined();
  });

  it.each<[string, Write]>([
    ['cAdvisor and kube-state-metrics', all(used, limit)],
    ['kube-state-metrics 1', all(used, gauge('kube_pod_container_resource_limits_cpu_cores', 0.5, APP))],
    [
      'cAdvisor alone, by its quota',
      all(used, gauge('container_spec_cpu_quota', 50_000, APP), gauge('container_spec_cpu_period', 100_000, APP)),
    ],
    ['cAdvisor, throttled without a known limit', throttled(0.5)],
    ['OpenTelemetry kubeletstats', all(gauge('container_cpu_usage', 0.48), gauge('k8s_container_cpu_limit', 0.5))],
    ['OpenTelemetry with dots', gauge('k8s.pod.cpu_limit_utilization', 0.97)],
    ['OpenTelemetry, ratio', gauge('k8s_pod_cpu_limit_utilization_ratio', 0.97)],
    ['the process and the limit', all(counter('process_cpu_seconds_total', 0.48, APP), limit)],
    ['Micrometer', gauge('process_cpu_usage', 0.99)],
    ['OpenTelemetry, JVM', gauge('jvm_cpu_recent_utilization_ratio', 0.99)],
    ['OpenTelemetry, JVM, old', gauge('process_runtime_jvm_cpu_utilization_ratio', 0.99)],
    ['event loop, OpenTelemetry', gauge('nodejs_eventloop_utilization_ratio', 0.99)],
    ['event loop, OpenTelemetry without unit', gauge('nodejs_eventloop_utilization', 0.99)],
    [
      'event loop, prom-client',
      all(gauge('nodejs_eventloop_lag_p99_seconds', 0.4), counter('process_cpu_seconds_total', 0.98)),
    ],
    ['event loop, delay', all(gauge('nodejs_eventloop_delay_p99', 0.4), gauge('nodejs_eventloop_utilization', 0.9))],
  ])('reads %s', async (_, write) => {
    const findings = await detectIn(world(write), cpuSaturation);

    expect(findings).toMatchObject([{ reason: 'cpu-saturated', figures: { saturatedPods: 3, pods: 3 } }]);
  });

  it('takes the memory limit of kube-state-metrics for nothing', async () => {
    const memory = gauge('kube_pod_container_resource_limits', 0.5, { ...APP, resource: 'memory', unit: 'byte' });

    expect(await detectIn(world(all(used, memory)), cpuSaturation)).toEqual([]);
  });

  it('is unsure where nobody measures requests, and only of a workload behind a Service', async () => {
    const serving = world(all(used, limit), 'unmeasured');
    serving.cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'orders' } });

    expect(await detectIn(serving, cpuSaturation)).toMatchObject([{ confidence: 0.5 }]);
    expect(await detectIn(world(all(used, limit), 'unmeasured'), cpuSaturation)).toEqual([]);
  });

  it.each<[string, Parameters<typeof world>]>([
    ['a batch at its limit, and its users well', [all(used, limit), 'well']],
    ['one of three pods', [all(used, limit), 'hurt', 1]],
    ['at ease', [all(counter('container_cpu_usage_seconds_total', 0.2, APP), limit), 'hurt']],
    [
      'throttled while it hardly works',
      [all(counter('container_cpu_usage_seconds_total', 0.1, APP), limit, throttled(0.5)), 'hurt'],
    ],
    ['busy without a limit', [used, 'hurt']],
    [
      'a loop that is late while the process rests',
      [all(gauge('nodejs_eventloop_lag_p99_seconds', 0.4), counter('process_cpu_seconds_total', 0.1)), 'hurt'],
    ],
  ])('finds nothing: %s', async (_, given) => {
    expect(await detectIn(world(...given), cpuSaturation)).toEqual([]);
  });

  it('does not take a stop of the series for rest, nor for work', async () => {
    const stopped: Write = (series, labels, { from, to }) =>
      all(used, limit)(series, labels, { from, to: to - 400_000 });

    expect(await detectIn(world(stopped), cpuSaturation)).toEqual([]);
  });
});
