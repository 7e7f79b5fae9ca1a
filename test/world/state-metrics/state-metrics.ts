import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Clock } from '../clock.ts';
import type { KubeClient } from '../kube/client.ts';
import { ListWatch } from '../kube/list-watch.ts';
import type { KubeObject } from '../kube/types.ts';
import type { ClusterObjects } from './objects.ts';
import { stateMetricsPage } from './page.ts';

export interface StateMetricsOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly address: string;
  readonly port: number;
  readonly onTrouble: (line: string) => void;
}

const PATHS = {
  deployments: '/apis/apps/v1/deployments',
  replicasets: '/apis/apps/v1/replicasets',
  statefulsets: '/apis/apps/v1/statefulsets',
  daemonsets: '/apis/apps/v1/daemonsets',
  pods: '/api/v1/pods',
  autoscalers: '/apis/autoscaling/v2/horizontalpodautoscalers',
  nodes: '/api/v1/nodes',
  claims: '/api/v1/persistentvolumeclaims',
  jobs: '/apis/batch/v1/jobs',
  budgets: '/apis/policy/v1/poddisruptionbudgets',
} as const satisfies Record<keyof ClusterObjects, string>;

type Kind = keyof ClusterObjects;
const KINDS = Object.keys(PATHS) as Kind[];

/** Stands in for kube-state-metrics, which no registry has as a program: its metric names over the API server's own watches. */
export class StateMetrics {
  readonly #options: StateMetricsOptions;
  readonly #watches: ReadonlyMap<Kind, ListWatch<KubeObject>>;
  readonly #server: Server;

  constructor(options: StateMetricsOptions) {
    this.#options = options;
    const { client, clock, onTrouble } = options;
    this.#watches = new Map(
      KINDS.map((kind) => [
        kind,
        new ListWatch<KubeObject>({ client, clock, path: PATHS[kind], onChange: () => undefined, onTrouble }),
      ]),
    );
    this.#server = createServer((request, answer) => {
      if (request.url !== '/metrics') answer.writeHead(404).end('see /metrics\n');
      else {
        const headers = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
        answer.writeHead(200, headers).end(stateMetricsPage(this.#objects()));
      }
    });
  }

  async start(): Promise<void> {
    await Promise.all([...this.#watches.values()].map((it) => it.start()));
    this.#server.listen(this.#options.port, this.#options.address);
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.all([...this.#watches.values()].map((it) => it.stop()));
  }

  /** The API server answers each path with the kind that stands beside it. */
  #objects(): ClusterObjects {
    return Object.fromEntries(
      KINDS.map((kind) => [kind, this.#watches.get(kind)?.items() ?? []]),
    ) as unknown as ClusterObjects;
  }
}
