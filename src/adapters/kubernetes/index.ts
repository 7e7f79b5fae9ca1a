import { hostname } from 'node:os';
import { HaleError } from '../../domain/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterReader, ClusterWriter } from '../../ports/cluster.ts';
import { systemClock } from '../timers/system-clock.ts';
import { createKubeApi } from './api.ts';
import { createClusterTables } from './cache.ts';
import { createClusterReader } from './reader.ts';
import type { WatchTimes } from './resource-watch.ts';
import { apiVersionOf } from './resources.ts';
import { createClusterWatches } from './watches.ts';
import { createClusterWriter } from './writer.ts';

export interface KubernetesOptions {
  /** Path of a kubeconfig; absent: the ServiceAccount of the pod that this process runs in. */
  readonly kubeconfig?: string;
  readonly context?: string;
  /** Namespaces to watch, or all of them. */
  readonly namespaces: readonly string[] | '*';
  /** Hale's time: deadlines of intents, and since when the cache is behind. */
  readonly now: () => number;
  /** Who reports events; absent: the host's name. */
  readonly instance?: string;
  /** For one request and its whole answer. */
  readonly timeoutMs?: number;
  /** How long `start` waits for the first lists. */
  readonly startTimeoutMs?: number;
  readonly watch?: Partial<WatchTimes>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly ioClock?: Clock;
  readonly random?: () => number;
  /** Told whenever a watch listed its collection, was lost, expired, or is in step again: for logs and metrics. */
  readonly onWatch?: (event: WatchEvent) => void;
}

export interface WatchEvent {
  /** `pods.v1`, `deployments.apps/v1` */
  readonly resource: string;
  readonly namespace: string | null;
  readonly change: 'listed' | 'lost' | 'expired' | 'regained';
  readonly detail: string;
}

export interface KubernetesConnection {
  readonly reader: ClusterReader;
  readonly writer: ClusterWriter;
  /** Begins to watch. Resolves when everything was listed once, or after `startTimeoutMs`: `reader.cacheState()` then says what is missing. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 15_000;
const DEFAULT_START_TIMEOUT_MS = 20_000;
// Watches end by themselves before this (see ResourceWatch): one that is silent for longer has lost its server.
const DEFAULT_TIMES: WatchTimes = { idleLimitMs: 100_000, firstBackOffMs: 250, maxBackOffMs: 30_000 };

/** Reads the credentials; nothing goes over the network before `start` or the first call. Errors: `config-invalid`. */
export async function connectKubernetes(options: KubernetesOptions): Promise<KubernetesConnection> {
  const { namespaces, now } = options;
  if (namespaces.length === 0) {
    throw new HaleError('config-invalid', 'scope.namespaces: empty; name the namespaces, or write "*" for all');
  }
  const ioClock = options.ioClock ?? systemClock;
  const api = await createKubeApi({
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
    ...(options.context === undefined ? {} : { context: options.context }),
    env: options.env ?? process.env,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ioClock,
  });
  const tables = createClusterTables();
  const watches = createClusterWatches(tables, namespaces, {
    api,
    times: { ...DEFAULT_TIMES, ...options.watch },
    now,
    ioClock,
    random: options.random ?? Math.random,
    onChange: ({ resource, namespace }, change, detail) =>
      options.onWatch?.({ resource: `${resource.plural}.${apiVersionOf(resource)}`, namespace, change, detail }),
  });
  return {
    reader: createClusterReader(api, tables, watches),
    writer: createClusterWriter({ api, now, instance: options.instance ?? hostname() }),
    start: () => watches.start(options.startTimeoutMs ?? DEFAULT_START_TIMEOUT_MS),
    async stop() {
      await watches.stop();
      api.close();
    },
  };
}
