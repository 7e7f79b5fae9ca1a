import { describe, expect, it } from 'vitest';
import type { DetectorWorld } from '../../test/contract/detector-contract.ts';
import { detectIn, detectorWorld } from '../../test/contract/detector-contract.ts';
import { fakeWorkload } from '../../test/fakes/cluster.ts';
import { fakeReadContext } from '../../test/fakes/read-context.ts';
import { scaledToZero } from './index.ts';

const HOUR_MS = 3_600_000;
const NOTHING: Record<string, string> = {};

/** Deployment shop/orders without replicas for the last hour, before that with three. */
function world(labels = NOTHING, { serving = true, minReplicas = null as number | null } = {}): DetectorWorld {
  const made = detectorWorld((series, _, now) => {
    if (labels === NOTHING) return;
    const replicas = (at: number) => (at > now - HOUR_MS ? 0 : 3);
    series.gauge(labels, replicas, { from: now - 6 * HOUR_MS, to: now, everyMs: 60_000 });
  });
  const { subject } = made.incident;
  const workload = { ...made.incident.workload, replicas: 0, readyReplicas: 0, replicasManager: 'kubectl-scale' };
  made.cluster.addWorkload(workload, []);
  if (serving)
    made.cluster.addService({ namespace: 'shop', name: 'orders', clusterIp: null, selector: { app: 'orders' } });
  if (minReplicas !== null)
    made.cluster.setAutoscaler(subject, { name: 'orders', by: 'KEDA', minReplicas, maxReplicas: 5 });
  return { ...made, incident: { ...made.incident, workload } };
}

const KSM = { __name__: 'kube_deployment_spec_replicas', namespace: 'shop', deployment: 'orders' };

describe('scaled-to-zero', () => {
  it('names who did it, when, what it was before, and how to mend it', async () => {
    const sick = world(KSM);

    const [finding] = await detectIn(sick, scaledToZero);

    expect(finding).toMatchObject({
      reason: 'scaled-to-zero',
      confidence: 0.9,
      summary: 'Deployment shop/orders: 0 replicas, 3 before, set by kubectl-scale; a Service leads to it',
      figures: { replicas: 0, replicasBefore: 3 },
      change: { what: 'replicas 3 -> 0', by: 'kubectl-scale' },
      mend: 'kubectl -n shop scale deployment/orders --replicas=3',
    });
    expect(Math.abs((finding?.change?.at ?? 0) - (sick.now - HOUR_MS))).toBeLessThanOrEqual(600_000);
  });

  it.each<[string, Record<string, string>]>([
    ['kube-state-metrics, honor_labels off', { ...KSM, namespace: 'monitoring', exported_namespace: 'shop' }],
    [
      'OpenTelemetry',
      { __name__: 'k8s_deployment_pod_desired', k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' },
    ],
    [
      'OpenTelemetry, old',
      { __name__: 'k8s_deployment_desired', k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' },
    ],
    [
      'OpenTelemetry, with dots',
      { __name__: 'k8s.deployment.desired', k8s_namespace_name: 'shop', k8s_deployment_name: 'orders' },
    ],
  ])('reads %s', async (_, labels) => {
    expect(await detectIn(world(labels), scaledToZero)).toMatchObject([{ figures: { replicasBefore: 3 } }]);
  });

  it('says so without any metric', async () => {
    const [finding] = await detectIn(world(), scaledToZero);

    expect(finding).toMatchObject({ change: { what: 'replicas unknown -> 0', at: null }, figures: { replicas: 0 } });
    expect(finding?.mend).toContain('--replicas=1');
  });

  it('finds the callee that is gone', async () => {
    const web = detectorWorld(() => undefined);
    const payments = fakeWorkload({ subject: { name: 'payments' }, replicas: 0 });
    const topology = {
      calleesOf: async () => [payments],
      graph: async () => Promise.reject(new Error('not asked for')),
    };
    const ctx = fakeReadContext({ metrics: web.metrics, cluster: web.cluster, topology, now: () => web.now });

    expect(await scaledToZero.detect(web.incident, {}, ctx)).toMatchObject([
      { subject: { name: 'payments' }, confidence: 0.95 },
    ]);
  });

  it('is unsure where KEDA may take it to zero', async () => {
    expect(await detectIn(world(KSM, { minReplicas: 0 }), scaledToZero)).toMatchObject([{ confidence: 0.5 }]);
  });

  it.each<[string, DetectorWorld]>([
    ['it has replicas', detectorWorld(() => undefined)],
    ['nothing leads to it', world(KSM, { serving: false })],
  ])('finds nothing: %s', async (_, calm) => {
    expect(await detectIn(calm, scaledToZero)).toEqual([]);
  });
});
