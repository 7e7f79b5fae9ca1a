import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Certificate } from '../certificates.ts';
import { type Clock, sleep } from '../clock.ts';
import type { KubeClient } from '../kube/client.ts';
import type { ContainerFigures, NodeFigures } from '../kubelet/figures/container-figures.ts';
import { answerMetrics, GROUP_VERSION, type Known } from './answers.ts';
import { type Sample, UsageWindow } from './usage-window.ts';

export interface MetricsServerOptions {
  readonly clock: Clock;
  readonly address: string;
  readonly port: number;
  readonly serving: Certificate;
  /** What the API server shows when it passes a request on; from anyone else none is taken. */
  readonly proxyCertificate: string;
  readonly nodes: readonly MeasuredNode[];
}

export interface MeasuredNode {
  readonly name: string;
  containerFigures(): readonly ContainerFigures[];
  nodeFigures(): NodeFigures | undefined;
  labelsOf(namespace: string, pod: string): Readonly<Record<string, string>>;
}

/** metrics-server looks every 15 s; a run of the world is minutes long, so ours looks more often. */
const LOOK_MS = 3_000;

/** Stands in for metrics-server: serves metrics.k8s.io from the control groups, so that the real autoscaler has figures. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;
  readonly #window = new UsageWindow();
  readonly #stopping = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    const { serving, proxyCertificate } = options;
    const tls = { cert: serving.certificate, key: serving.key, ca: proxyCertificate, requestCert: true };
    this.#server = createServer(tls, (request, answer) => this.#answer(request, answer));
  }

  async start(): Promise<void> {
    this.#server.listen(this.#options.port, this.#options.address);
    await once(this.#server, 'listening');
    this.#looking = this.#lookAgainAndAgain();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#server.close();
    this.#server.closeAllConnections();
    await this.#looking;
  }

  #answer(request: IncomingMessage, answer: ServerResponse): void {
    request.resume();
    const { status, body } = answerMetrics(new URL(request.url ?? '/', 'https://metrics'), this.#known());
    answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  async #lookAgainAndAgain(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#look();
      await sleep(this.#options.clock, LOOK_MS, this.#stopping.signal);
    }
  }

  #look(): void {
    const atMs = this.#options.clock.now();
    const samples = new Map<string, Sample>();
    for (const node of this.#options.nodes) {
      const whole = node.nodeFigures();
      if (whole) samples.set(node.name, sampleOf(atMs, whole));
      for (const it of node.containerFigures()) samples.set(it.cgroupId, sampleOf(atMs, it));
    }
    this.#window.take(samples);
  }

  /** A pod of which one container has no figure yet has none: half a sum would look like little use. */
  #known(): Known {
    const { nodes } = this.#options;
    return {
      nodes: nodes.flatMap(({ name }) => {
        const rate = this.#window.rateOf(name);
        return rate ? [{ name, rate }] : [];
      }),
      pods: nodes.flatMap((node) => {
        const byPod = Map.groupBy(node.containerFigures(), (it) => `${it.namespace}/${it.pod}`);
        return [...byPod.values()].flatMap((figures) => {
          const containers = figures.flatMap(({ container, cgroupId }) => {
            const rate = this.#window.rateOf(cgroupId);
            return rate ? [{ name: container, rate }] : [];
          });
          const [first] = figures;
          if (first === undefined || containers.length < figures.length) return [];
          const { namespace, pod: name } = first;
          return [{ namespace, name, labels: node.labelsOf(namespace, name), containers }];
        });
      }),
    };
  }
}

function sampleOf(atMs: number, { usage }: { usage: { cpuSeconds: number; workingSetBytes: number } }): Sample {
  return { atMs, cpuSeconds: usage.cpuSeconds, memoryBytes: usage.workingSetBytes };
}

const NAMESPACE = 'kube-system';
const NAME = 'metrics-server';

/** Tells the API server to pass the group on: an APIService, a Service, and where its only endpoint is. */
export async function registerMetricsApi(
  client: KubeClient,
  { address, port, serving }: Pick<MetricsServerOptions, 'address' | 'port' | 'serving'>,
): Promise<void> {
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  const metadata = { name: NAME, namespace: NAMESPACE };
  await client.create(`/api/v1/namespaces/${NAMESPACE}/services`, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port }] },
  });
  await client.create(`/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices`, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: 'IPv4',
    ports,
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  });
  const [group, version] = GROUP_VERSION.split('/');
  await client.create('/apis/apiregistration.k8s.io/v1/apiservices', {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}` },
    spec: {
      group,
      version,
      service: { name: NAME, namespace: NAMESPACE, port: 443 },
      caBundle: Buffer.from(serving.certificate).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  });
}
