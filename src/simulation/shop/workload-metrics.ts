import type { SimulatedKubernetes } from '../kubernetes-server.ts';
import type { Target } from '../prometheus/api.ts';
import type { ShopPod } from '../shop-model.ts';
import { SHOP_NAMESPACE } from '../shop-model.ts';
import type { SampleStore } from '../tsdb/store.ts';
import type { Instruments } from './histogram.ts';
import { createInstruments } from './histogram.ts';

const EXPORTER = { job: 'kube-state-metrics', instance: '10.244.0.2:8080' };

/** The few metrics of kube-state-metrics that a diagnosis needs, read from the simulated cluster. */
export function createWorkloadMetrics({ store, kubernetes }: { store: SampleStore; kubernetes: SimulatedKubernetes }): {
  scrape(timeMs: number): void;
} {
  const exporter = createInstruments(store, EXPORTER);
  const deployments = new Map<string, Instruments>();
  const pods = new Map<string, Instruments>();

  const dropGone = (known: Map<string, Instruments>, present: ReadonlySet<string>, timeMs: number): void => {
    for (const [uid, instruments] of known) {
      if (present.has(uid)) continue;
      instruments.retire(timeMs);
      known.delete(uid);
    }
  };
  const instrumentsOf = (known: Map<string, Instruments>, uid: string, labels: Record<string, string>): Instruments => {
    const instruments = known.get(uid) ?? createInstruments(store, { ...EXPORTER, ...labels });
    known.set(uid, instruments);
    return instruments;
  };

  return {
    scrape(timeMs) {
      exporter.gauge('up', {}, 1);
      exporter.scrape(timeMs);
      const listed = kubernetes.list('apps/v1', 'deployments', SHOP_NAMESPACE);
      dropGone(deployments, new Set(listed.map((one) => one.metadata.uid)), timeMs);
      for (const { metadata, spec, status = {} } of listed) {
        const labels = { namespace: SHOP_NAMESPACE, deployment: metadata.name };
        const instruments = instrumentsOf(deployments, metadata.uid, labels);
        instruments.gauge('kube_deployment_spec_replicas', {}, Number(spec?.['replicas'] ?? 0));
        instruments.gauge('kube_deployment_status_replicas', {}, Number(status['replicas'] ?? 0));
        instruments.gauge('kube_deployment_status_replicas_ready', {}, Number(status['readyReplicas'] ?? 0));
        instruments.gauge('kube_deployment_status_replicas_available', {}, Number(status['availableReplicas'] ?? 0));
        instruments.gauge('kube_deployment_metadata_generation', {}, metadata.generation ?? 1);
        instruments.gauge('kube_deployment_status_observed_generation', {}, Number(status['observedGeneration'] ?? 1));
        instruments.scrape(timeMs);
      }
      const listedPods = kubernetes.list('v1', 'pods', SHOP_NAMESPACE);
      dropGone(pods, new Set(listedPods.map((pod) => pod.metadata.uid)), timeMs);
      for (const { metadata } of listedPods) {
        const owner = metadata.ownerReferences?.[0];
        const instruments = instrumentsOf(pods, metadata.uid, { namespace: SHOP_NAMESPACE, pod: metadata.name });
        if (owner !== undefined)
          instruments.gauge('kube_pod_owner', { owner_kind: owner.kind, owner_name: owner.name }, 1);
        instruments.gauge('kube_pod_container_status_restarts_total', { container: metadata.labels?.['app'] ?? '' }, 0);
        instruments.scrape(timeMs);
      }
    },
  };
}

export function shopTargets(
  pods: readonly (ShopPod & { service: string })[],
  lastScrapeMs: number,
  scrapeIntervalMs: number,
): Target[] {
  const shared = { lastScrapeMs, scrapeIntervalMs, health: 'up' as const, lastError: '' };
  const target = (labels: Record<string, string>, address: string): Target => ({
    ...shared,
    labels: { ...labels, instance: address },
    scrapePool: labels['job'] ?? '',
    scrapeUrl: `http://${address}/metrics`,
  });
  return [
    ...pods.map(({ name, ip, service }) =>
      target({ job: 'kubernetes-pods', namespace: SHOP_NAMESPACE, pod: name, app: service, service }, `${ip}:8080`),
    ),
    target({ job: 'postgres' }, '10.244.0.1:9187'),
    target({ job: EXPORTER.job }, EXPORTER.instance),
  ];
}
