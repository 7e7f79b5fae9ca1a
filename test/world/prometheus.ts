import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clock } from './clock.ts';
import type { ControlPlane } from './control-plane.ts';
import { kubeconfigOf } from './kube/client.ts';
import { SHOP_NAMESPACE, shopUrl, TLS_PORT } from './manifests.ts';
import { NODE_ADDRESS, NODES, PORTS } from './network.ts';
import { BLACKBOX_ADDRESS } from './optional/blackbox-exporter.ts';
import type { OptionalPartName, Parts } from './parts-list.ts';
import { type OnDeath, ServerProcess } from './server-process.ts';
import type { Stops } from './stops.ts';

export interface PrometheusOptions {
  readonly parts: Parts;
  readonly folder: string;
  readonly logFolder: string;
  readonly controlPlane: ControlPlane;
  readonly clock: Clock;
  readonly stops: Stops;
  readonly signal: AbortSignal;
  readonly onDeath: OnDeath;
  readonly ruleFiles: readonly string[];
  /** Parts beside the usual ones whose figures are scraped. */
  readonly optionalParts: readonly OptionalPartName[];
}

export interface Prometheus {
  readonly url: string;
  readonly server: ServerProcess;
  /** Instant query; the samples as they come. */
  query(expression: string): Promise<readonly { metric: Readonly<Record<string, string>>; value: number }[]>;
}

/** The rules that Hale ships, all of them. */
export const SHIPPED_RULES: readonly string[] = ['hale-basic.yaml', 'hale-kubernetes.yaml'].map((file) =>
  resolve(import.meta.dirname, '../../rules/alerts', file),
);

const SCRAPE_INTERVAL = '2s';
const NAMESPACE = 'monitoring';
const READY_TIMEOUT_MS = 30_000;

/** Prometheus under a ServiceAccount of its own that may read pods and nothing else. */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const { folder, controlPlane, parts, stops } = options;
  await mkdir(folder, { recursive: true });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(await prometheusAccess(controlPlane)), { mode: 0o600 });
  const configFile = join(folder, 'prometheus.yml');
  // JSON is YAML.
  await writeFile(
    configFile,
    JSON.stringify(prometheusConfig(kubeconfig, options.ruleFiles, options.optionalParts), null, 2),
  );
  const server = ServerProcess.start(
    {
      name: 'prometheus',
      command: parts.prometheus,
      args: [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--storage.tsdb.retention.time=2h',
        `--web.listen-address=${NODE_ADDRESS}:${PORTS.prometheus}`,
        '--web.enable-lifecycle',
        // The default of a minute is how long Alertmanager would not hear of a firing alert again.
        '--rules.alert.resend-delay=10s',
      ],
      logFolder: options.logFolder,
    },
    options.clock,
    options.onDeath,
  );
  stops.add('prometheus', () => server.stop());
  const url = `http://${NODE_ADDRESS}:${PORTS.prometheus}`;
  await server.ready(async () => (await fetch(`${url}/-/ready`)).ok, READY_TIMEOUT_MS, options.signal);
  return { url, server, query: (expression) => query(url, expression) };
}

async function prometheusAccess(controlPlane: ControlPlane) {
  const { admin } = controlPlane;
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  await admin.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  await admin.create(`${rbac}/clusterroles`, {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name: 'prometheus' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
  });
  await admin.create(`${rbac}/clusterrolebindings`, {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'prometheus' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'prometheus' },
    subjects: [{ kind: 'ServiceAccount', name: 'prometheus', namespace: NAMESPACE }],
  });
  return controlPlane.serviceAccountAccess({ namespace: NAMESPACE, name: 'prometheus' });
}

const OPTIONAL_JOBS: Partial<Record<OptionalPartName, object>> = {
  redis: { job_name: 'redis', static_configs: [{ targets: [`${NODE_ADDRESS}:${PORTS.redisExporter}`] }] },
  'blackbox-exporter': {
    job_name: 'blackbox-tls',
    metrics_path: '/probe',
    params: { module: ['tls'] },
    // Its address never changes, and where it serves no TLS the probe says so: probe_success 0.
    static_configs: [
      {
        targets: [new URL(shopUrl('web')).hostname + `:${TLS_PORT}`],
        labels: { namespace: SHOP_NAMESPACE, service: 'web' },
      },
    ],
    relabel_configs: [
      { source_labels: ['__address__'], target_label: '__param_target' },
      { source_labels: ['__param_target'], target_label: 'instance' },
      { target_label: '__address__', replacement: BLACKBOX_ADDRESS },
    ],
  },
};

const POD = '__meta_kubernetes_pod_';

/** The relabelling that most installations have: scrape what is annotated, and say where each series comes from. */
export function prometheusConfig(
  kubeconfig: string,
  ruleFiles: readonly string[],
  optionalParts: readonly OptionalPartName[],
) {
  return {
    global: { scrape_interval: SCRAPE_INTERVAL, scrape_timeout: '2s', evaluation_interval: SCRAPE_INTERVAL },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`${NODE_ADDRESS}:${PORTS.alertmanager}`] }] }] },
    scrape_configs: [
      {
        job_name: 'kubernetes-pods',
        kubernetes_sd_configs: [{ role: 'pod', kubeconfig_file: kubeconfig }],
        relabel_configs: [
          { source_labels: [`${POD}annotation_prometheus_io_scrape`], action: 'keep', regex: 'true' },
          { source_labels: [`${POD}phase`], action: 'drop', regex: 'Pending|Succeeded|Failed' },
          {
            source_labels: [`${POD}ip`, `${POD}annotation_prometheus_io_port`],
            separator: ':',
            regex: '(.+:\\d+)',
            target_label: '__address__',
          },
          {
            source_labels: [`${POD}annotation_prometheus_io_path`],
            regex: '(.+)',
            target_label: '__metrics_path__',
          },
          { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
          { source_labels: [`${POD}name`], target_label: 'pod' },
          { source_labels: [`${POD}container_name`], target_label: 'container' },
          { source_labels: [`${POD}node_name`], target_label: 'node' },
          { source_labels: [`${POD}label_app`], target_label: 'app' },
        ],
      },
      ...nodeJobs(),
      // Its own labels are those of the objects, so they win over those of the target.
      {
        job_name: 'kube-state-metrics',
        honor_labels: true,
        static_configs: [{ targets: [`${NODE_ADDRESS}:${PORTS.stateMetrics}`] }],
      },
      { job_name: 'postgres', static_configs: [{ targets: [`${NODE_ADDRESS}:${PORTS.postgresExporter}`] }] },
      ...optionalParts.flatMap((name) => OPTIONAL_JOBS[name] ?? []),
      { job_name: 'prometheus', static_configs: [{ targets: [`${NODE_ADDRESS}:${PORTS.prometheus}`] }] },
    ],
  };
}

/** Job names of Prometheus's own example for Kubernetes, and of node-exporter. */
const NODE_PAGES = {
  'kubernetes-cadvisor': '/metrics/cadvisor',
  'kubernetes-nodes': '/metrics',
  'node-exporter': '/metrics/node',
} as const;

function nodeJobs() {
  return Object.entries(NODE_PAGES).map(([job, path]) => ({
    job_name: job,
    metrics_path: path,
    honor_labels: true,
    static_configs: NODES.map(({ name, hostIp }) => ({
      targets: [`${hostIp}:${PORTS.kubeletReadOnly}`],
      labels: { node: name },
    })),
  }));
}

async function query(url: string, expression: string) {
  const answer = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression }),
  });
  const body = (await answer.json()) as {
    error?: string;
    data?: { resultType: string; result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (body.data?.resultType !== 'vector') {
    throw new Error(`${expression}: ${body.error ?? `expected a vector, got ${body.data?.resultType}`}`);
  }
  return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}
