import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from './clock.ts';
import type { ClusterCertificates } from './cluster-certificates.ts';
import type { ControlPlane } from './control-plane.ts';
import { WorldError } from './errors.ts';
import { createKubeClient } from './kube/client.ts';
import { type Cgroup, createCgroups } from './kubelet/cgroup/groups.ts';
import { containerPage, type NodeFigures, nodePage, volumePage } from './kubelet/figures/container-figures.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import { createProcessRuntime } from './kubelet/runtime.ts';
import { LogMarks } from './kubelet/server/log-marks.ts';
import { NodeServer } from './kubelet/server/node-server.ts';
import { ClaimProvisioner } from './kubelet/volumes/claim-provisioner.ts';
import { type MeasuredNode, MetricsServer, registerMetricsApi } from './metrics-api/metrics-server.ts';
import { NODE_ADDRESS, NODES, PORTS } from './network.ts';
import type { Progress } from './progress.ts';
import { ServiceProxy } from './service-proxy.ts';
import { StateMetrics } from './state-metrics/state-metrics.ts';
import type { Stops } from './stops.ts';

export interface NodesOptions {
  readonly controlPlane: ControlPlane;
  readonly certificates: ClusterCertificates;
  readonly folder: string;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly stops: Stops;
  readonly onTrouble: (line: string) => void;
  /** Of each node; left out, the usual. */
  readonly processors: number | undefined;
}

/**
 * Small enough that a handful of greedy pods does not fit, and that a noisy pod hurts its neighbours on the node before it hurts the machine.
 * The scheduler counts with it and the control group of the node enforces it.
 */
const NODE_PROCESSORS = 1.5;
const NODE_MEMORY_BYTES = 3 * 2 ** 30;
/** Crash loops must show within a run, so the ladder is a tenth of the kubelet's own. */
const BACK_OFF = { baseMs: 1_000, maxMs: 30_000, resetAfterMs: 60_000 };

const BASE_ENV = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
  KUBERNETES_SERVICE_PORT: '443',
};

/** Everything that a cluster has on its nodes and that is not a pod here: kubelets, Service addresses, storage, figures. */
export async function startNodes(options: NodesOptions): Promise<void> {
  const { controlPlane, certificates, folder, clock, progress, stops, onTrouble } = options;
  const client = controlPlane.admin;
  const cgroup = worldCgroup(options);
  await mkdir(join(folder, 'root'), { recursive: true });
  // These three need the cluster's administrator: a node may not list what belongs to all.
  const proxy = new ServiceProxy({ client, clock, onTrouble });
  stops.add('service proxy', () => proxy.stop());
  const provisioner = new ClaimProvisioner({ client, clock, folder: join(folder, 'claims'), onTrouble });
  stops.add('claim provisioner', () => provisioner.stop());
  const exporter = { address: NODE_ADDRESS, port: PORTS.stateMetrics };
  const stateMetrics = new StateMetrics({ client, clock, onTrouble, ...exporter });
  stops.add('state metrics', () => stateMetrics.stop());
  const [, , , ...nodes] = await Promise.all([
    proxy.start(),
    provisioner.start(),
    stateMetrics.start(),
    ...NODES.map((node) => startNode(node, options, cgroup)),
  ]);
  const metrics = {
    clock,
    nodes,
    address: NODE_ADDRESS,
    port: PORTS.metricsApi,
    serving: certificates.metrics,
    proxyCertificate: certificates.proxyClient.certificate,
  };
  const metricsServer = new MetricsServer(metrics);
  await metricsServer.start();
  stops.add('metrics server', () => metricsServer.stop());
  await registerMetricsApi(client, metrics);
  progress.say(`${nodes.length} nodes, the service proxy and their figures are ready`);
}

function worldCgroup({ folder, progress, stops }: NodesOptions): Cgroup | undefined {
  const cgroups = createCgroups(folder, basename(folder));
  if ('unavailable' in cgroups) {
    const line = `no limits on pods and no figures of them: ${cgroups.unavailable}`;
    if (process.env['HALE_REQUIRE_PARTS'] === '1') throw new WorldError('missing-part', line);
    progress.say(line);
    return undefined;
  }
  stops.add('control groups', () => cgroups.top.remove());
  return cgroups.top;
}

type NodePlace = (typeof NODES)[number];

async function startNode({ name, ...place }: NodePlace, options: NodesOptions, world?: Cgroup): Promise<MeasuredNode> {
  const { controlPlane, certificates, folder, clock, stops, onTrouble } = options;
  const processors = options.processors ?? NODE_PROCESSORS;
  const limits = { cpuRequest: processors, cpuLimit: processors, memoryLimitBytes: NODE_MEMORY_BYTES };
  const cgroup = world?.child(name, limits);
  const client = createKubeClient(controlPlane.nodeAccess(name));
  stops.add(`API client of ${name}`, () => client.close());
  const kubelet = new Kubelet({
    node: name,
    ...place,
    client,
    clock,
    folder,
    onTrouble,
    capacity: { cpu: `${processors * 1000}m`, memory: `${NODE_MEMORY_BYTES / 1024}Ki`, pods: '50' },
    serverPort: PORTS.kubelet,
    backOff: BACK_OFF,
    runtime: createProcessRuntime({ cgroup, rootFolder: join(folder, 'root') }),
    baseEnv: BASE_ENV,
  });
  const marks = new LogMarks(clock, () => kubelet.currentLogs());
  const startedAtMs = clock.now();
  const nodeFigures = (): NodeFigures | undefined =>
    cgroup && { processors, memoryBytes: NODE_MEMORY_BYTES, usage: cgroup.usage() };
  const server = new NodeServer({
    address: place.hostIp,
    port: PORTS.kubelet,
    readOnlyPort: PORTS.kubeletReadOnly,
    serving: certificates.nodes,
    clientCertificate: certificates.nodeClient.certificate,
    clock,
    logOf: (namespace, pod, container, previous) => kubelet.logOf(namespace, pod, container, previous),
    isOpen: (file) => kubelet.writesTo(file),
    marksOf: (file) => marks.of(file),
    pages: {
      '/metrics': () => volumePage(kubelet.volumeFigures()),
      '/metrics/cadvisor': () => containerPage(kubelet.containerFigures(), nodeFigures()),
      '/metrics/node': () => {
        const figures = nodeFigures();
        return figures ? nodePage(figures, (clock.now() - startedAtMs) / 1000) : '';
      },
    },
  });
  stops.add(`kubelet of ${name}`, () => kubelet.stop());
  stops.add(`doors of ${name}`, () => {
    marks.stop();
    server.stop();
  });
  marks.start();
  await Promise.all([kubelet.start(), server.start()]);
  return {
    name,
    nodeFigures,
    containerFigures: () => kubelet.containerFigures(),
    labelsOf: (namespace, pod) => kubelet.labelsOf(namespace, pod),
  };
}
