import type { AlertmanagerBehaviour, AlertmanagerOptions } from './alertmanager-server.ts';
import { createAlertmanagerServer } from './alertmanager-server.ts';
import type { Clock } from './clock.ts';
import type { FaultId } from './faults/index.ts';
import { FAULTS } from './faults/index.ts';
import type { Extension } from './kubernetes/resources.ts';
import type { SimulatedKubernetes } from './kubernetes-server.ts';
import { createKubernetesServer } from './kubernetes-server.ts';
import type { Authentication } from './loopback-server.ts';
import type { RuleFile } from './prometheus/rules.ts';
import type { PrometheusBehaviour } from './prometheus-server.ts';
import { createPrometheusServer } from './prometheus-server.ts';
import { createRandom } from './random.ts';
import { METADATA } from './shop/metadata.ts';
import type { UserPoint, UserView } from './shop/users.ts';
import { createWorkloadMetrics, shopTargets } from './shop/workload-metrics.ts';
import type { ServiceName, ShopPod } from './shop-model.ts';
import { createShopModel, SHOP, SHOP_NAMESPACE } from './shop-model.ts';
import type { SampleStore } from './tsdb/store.ts';
import { createSampleStore } from './tsdb/store.ts';

export interface SimulationOptions {
  clock: Clock;
  seed: number;
  rules?: readonly RuleFile[];
  evaluationIntervalMs?: number;
  /** Where alerts go; may be set later by `sendAlertsTo`. */
  webhookUrl?: string;
  webhookToken?: string;
  route?: AlertmanagerOptions['route'];
  routes?: AlertmanagerOptions['routes'];
  kubernetesToken?: string;
  prometheusAuthentication?: Authentication;
  prometheusPathPrefix?: string;
  extensions?: readonly Extension[];
  /** Labels and annotations of the shop's Deployments. */
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  stepMs?: number;
  scrapeIntervalMs?: number;
  /** Quiet history in the store when the world starts. */
  historyMs?: number;
  podStartMs?: number;
}

export interface Simulation {
  prometheusUrl(): string;
  alertmanagerUrl(): string;
  kubernetesUrl(): string;
  kubeconfig(): string;
  start(): Promise<void>;
  stop(): Promise<void>;
  inject(fault: FaultId): void;
  clear(): void;
  fault(): FaultId;
  sendAlertsTo(webhookUrl: string, token?: string): void;
  users(): UserView & { history: readonly UserPoint[] };
  /** Resolves when no alert and no notification is on its way. */
  settled(): Promise<void>;
  store: SampleStore;
  kubernetes: SimulatedKubernetes;
  prometheus: PrometheusBehaviour;
  alertmanager: AlertmanagerBehaviour;
}

const RETENTION_MS = 7_200_000;
const SERVICES: readonly ServiceName[] = ['web', 'orders', 'catalog'];

/** The whole simulated world: a shop on a cluster, watched by Prometheus and Alertmanager, on loopback and a virtual clock. */
export function createSimulation(options: SimulationOptions): Simulation {
  const { clock, seed, stepMs = 1_000, scrapeIntervalMs = 5_000, historyMs = 1_800_000 } = options;
  const store = createSampleStore({ retentionMs: RETENTION_MS });
  const kubernetes = createKubernetesServer({
    clock,
    random: createRandom(seed + 1),
    ...(options.kubernetesToken === undefined ? {} : { token: options.kubernetesToken }),
    ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
    ...(options.podStartMs === undefined ? {} : { podStartMs: options.podStartMs }),
  });
  for (const name of SERVICES) {
    const { labels, annotations } = options;
    kubernetes.addDeployment({
      namespace: SHOP_NAMESPACE,
      name,
      replicas: SHOP[name].replicas,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    });
    kubernetes.add('v1', 'services', {
      metadata: { name, namespace: SHOP_NAMESPACE },
      spec: { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] },
    });
  }
  const alertmanager = createAlertmanagerServer({
    clock,
    random: createRandom(seed + 2),
    ...(options.route === undefined ? {} : { route: options.route }),
    ...(options.routes === undefined ? {} : { routes: options.routes }),
  });
  const sendAlertsTo = (url: string, token?: string): void =>
    alertmanager.setWebhook({ url, ...(token === undefined ? {} : { bearer: token }) });
  if (options.webhookUrl !== undefined) sendAlertsTo(options.webhookUrl, options.webhookToken);

  const readyPods = (service: ServiceName): ShopPod[] =>
    kubernetes.readyPods(SHOP_NAMESPACE, service).map(({ metadata, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      ip: String(status?.['podIP']),
    }));
  let scrapedMs = clock.now();
  const workloads = createWorkloadMetrics({ store, kubernetes });
  const model = createShopModel({
    random: createRandom(seed),
    store,
    startMs: clock.now() - historyMs,
    stepMs,
    scrapeIntervalMs,
    readyPods,
    onScrape(timeMs) {
      scrapedMs = timeMs;
      workloads.scrape(timeMs);
    },
  });
  const prometheus = createPrometheusServer({
    clock,
    store,
    rules: options.rules ?? [],
    evaluationIntervalMs: options.evaluationIntervalMs ?? 5_000,
    alertmanagerUrl: () => alertmanager.url(),
    targets: () =>
      shopTargets(
        SERVICES.flatMap((service) => readyPods(service).map((pod) => ({ ...pod, service }))),
        scrapedMs,
        scrapeIntervalMs,
      ),
    metadata: METADATA,
    ...(options.prometheusAuthentication === undefined ? {} : { authentication: options.prometheusAuthentication }),
    ...(options.prometheusPathPrefix === undefined ? {} : { pathPrefix: options.prometheusPathPrefix }),
  });

  let cancelStep = (): void => undefined;
  const scheduleStep = (): void => {
    cancelStep = clock.setTimer(stepMs, () => {
      model.advanceTo(clock.now());
      scheduleStep();
    });
  };

  return {
    store,
    kubernetes,
    prometheus: prometheus.behaviour,
    alertmanager: alertmanager.behaviour,
    prometheusUrl: () => prometheus.url(),
    alertmanagerUrl: () => alertmanager.url(),
    kubernetesUrl: () => kubernetes.url(),
    kubeconfig: () => kubernetes.kubeconfig(),
    sendAlertsTo,
    async start() {
      model.advanceTo(clock.now());
      scheduleStep();
      await Promise.all([kubernetes.start(), alertmanager.start()]);
      await prometheus.start();
    },
    async stop() {
      cancelStep();
      await prometheus.stop();
      await alertmanager.stop();
      await kubernetes.stop();
    },
    inject(id) {
      model.inject(FAULTS[id]);
    },
    clear() {
      model.inject(FAULTS.quiet);
    },
    fault: () => model.fault().id as FaultId,
    users: () => ({ ...model.users.view(), history: model.users.history() }),
    async settled() {
      await prometheus.settled();
      await alertmanager.settled();
    },
  };
}
