import type { CacheState } from '../../ports/cluster.ts';
import type { ClusterTables } from './cache.ts';
import { requiredText } from './json.ts';
import {
  ResourceWatch,
  type ResourceWatchOptions,
  type Turns,
  type WatchSink,
  type WatchTarget,
} from './resource-watch.ts';
import { type KubeResource, WATCHED } from './resources.ts';
import type { Table } from './table.ts';
import { autoscalerRecord, namespaceView, podRecord, replicaSetRecord, serviceView, workloadView } from './views.ts';

export interface ClusterWatches {
  /** Resolves when every collection was listed once, or when `waitMs` are over: `cacheState()` then says what is missing. */
  start(waitMs: number): Promise<void>;
  stop(): Promise<void>;
  cacheState(): CacheState;
}

/**
 * Each watch is a connection that stays open. Up to this many namespaces are watched one by one, which needs no more than a Role in each;
 * beyond, the whole cluster is watched, which needs a ClusterRole, and what is outside of them is dropped on arrival.
 */
const MAX_SEPARATE_NAMESPACES = 10;
/** The pods in one, whatever owns them in the other. More would hold more pages at once than they save time. */
const LISTS_AT_ONCE = 2;

type SharedOptions = Omit<ResourceWatchOptions, 'target' | 'sink' | 'turns'>;

export function createClusterWatches(
  tables: ClusterTables,
  namespaces: readonly string[] | '*',
  shared: SharedOptions,
): ClusterWatches {
  const separate = namespaces !== '*' && namespaces.length <= MAX_SEPARATE_NAMESPACES;
  const wanted = namespaces === '*' || separate ? null : new Set(namespaces);
  const scopes: readonly (string | null)[] = separate ? namespaces : [null];
  const watches: ResourceWatch[] = [];
  const turns = createTurns(LISTS_AT_ONCE);

  function watch<T>(resource: KubeResource, table: Table<T>, read: (object: unknown) => T): void {
    for (const scope of scopes) {
      const target: WatchTarget = resource.namespaced
        ? { resource, namespace: scope }
        : { resource, namespace: null, ...(scope === null ? {} : { name: scope }) };
      const sink = tableSink(table, scope, wanted, resource, read);
      watches.push(new ResourceWatch({ ...shared, target, sink, turns }));
    }
  }

  // Owners before pods, so that a pod is rarely seen before what owns it.
  watch(WATCHED.namespaces, tables.namespaces, namespaceView);
  for (const resource of [WATCHED.deployments, WATCHED.statefulsets, WATCHED.daemonsets]) {
    const table = tables.workloads[resource.kind as keyof ClusterTables['workloads']];
    watch(resource, table, (object) => workloadView(object, resource));
  }
  watch(WATCHED.replicasets, tables.replicaSets, replicaSetRecord);
  watch(WATCHED.pods, tables.pods, podRecord);
  watch(WATCHED.services, tables.services, serviceView);
  watch(WATCHED.autoscalers, tables.autoscalers, autoscalerRecord);

  return {
    async start(waitMs) {
      for (const it of watches) it.start();
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      const cancel = shared.ioClock.setTimer(waitMs, resolve);
      await Promise.race([waited, Promise.all(watches.map((it) => it.listed))]);
      cancel();
    },
    async stop() {
      await Promise.all(watches.map((it) => it.stop()));
    },
    cacheState() {
      const states = watches.map((it) => it.state());
      const lost = states.filter((it) => it.lostSince !== null);
      const since = Math.min(...lost.map((it) => it.lostSince ?? Number.POSITIVE_INFINITY));
      const first = lost.find((it) => it.lostSince === since);
      if (first !== undefined) return { state: 'behind', since, detail: first.detail };
      return { state: states.every((it) => it.listed) ? 'ready' : 'starting' };
    },
  };
}

function tableSink<T>(
  table: Table<T>,
  scope: string | null,
  wanted: ReadonlySet<string> | null,
  resource: KubeResource,
  read: (object: unknown) => T,
): WatchSink {
  // A Namespace is kept as if it lay in itself, so that the watch of one leaves the others alone.
  const placeOf = (object: unknown): { namespace: string; name: string } => ({
    namespace: requiredText(object, 'metadata', resource.namespaced ? 'namespace' : 'name'),
    name: requiredText(object, 'metadata', 'name'),
  });
  const isWanted = ({ namespace }: { namespace: string }): boolean => wanted === null || wanted.has(namespace);
  return {
    refill() {
      const refill = table.refill(scope);
      return {
        add(object) {
          const place = placeOf(object);
          if (isWanted(place)) refill.add(place.namespace, place.name, read(object));
        },
        commit: () => refill.commit(),
      };
    },
    changed(object) {
      const place = placeOf(object);
      if (isWanted(place)) table.set(place.namespace, place.name, read(object));
    },
    deleted(object) {
      const place = placeOf(object);
      table.remove(place.namespace, place.name);
    },
  };
}

/** In the order in which they ask. A turn that fails ends only itself. */
function createTurns(width: number): Turns {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
