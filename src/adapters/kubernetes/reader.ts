import type { Permission } from '../../domain/permission.ts';
import type { Subject } from '../../domain/subject.ts';
import type { AutoscalerView, ClusterReader, WorkloadView } from '../../ports/cluster.ts';
import type { KubeApi } from './api.ts';
import { autoscalerOf, type ClusterTables, findWorkload, podsOf, workloadOf, workloadOfGonePod } from './cache.ts';
import { createClusterDetails } from './details.ts';
import { unreadable } from './errors.ts';
import { getObject, reading, subjectResource } from './get-object.ts';
import { at, isObject, listAt, textAt, textsAt } from './json.ts';
import {
  ACCESS_REVIEWS,
  apiVersionOf,
  CONFIG_MAPS,
  type KubeResource,
  pathOf,
  permissionFor,
  SCALED_OBJECTS,
  WATCHED,
} from './resources.ts';
import { type AutoscalerRecord, autoscalerRecord, isTarget, scaledObjectRecord, workloadView } from './views.ts';
import type { ClusterWatches } from './watches.ts';

/** Of the reviews under way at a time: there are a few dozen, at start. */
const CONCURRENT_REVIEWS = 4;

export function createClusterReader(
  api: KubeApi,
  tables: ClusterTables,
  watches: Pick<ClusterWatches, 'cacheState'>,
): ClusterReader {
  return {
    ...createClusterDetails(api),
    cacheState: () => watches.cacheState(),
    workload: (ref) => findWorkload(tables, ref),
    workloadOfPod(namespace, pod) {
      const record = tables.pods.get(namespace, pod);
      return record === undefined ? null : workloadOf(tables, record);
    },
    workloadOfGonePod: (namespace, pod) => workloadOfGonePod(tables, namespace, pod),
    workloads(namespace) {
      const kept = Object.values(tables.workloads);
      return kept.flatMap((table) => [...(namespace === undefined ? table.all() : table.of(namespace))]);
    },
    podsOf: (subject) => podsOf(tables, subject),
    services: (namespace) => [...tables.services.of(namespace)],
    namespace: (name) => tables.namespaces.get(name, name) ?? null,
    autoscalerOf: (subject) => autoscalerOf(tables, subject),
    freshWorkload: (subject, signal) => freshWorkload(api, subject, signal),
    freshAutoscaler: (subject, signal) => freshAutoscaler(api, subject, signal),
    async configMap(namespace, name, signal) {
      const object = await getObject(api, CONFIG_MAPS, { namespace, name }, signal);
      return object === null ? null : textsAt(object, 'data');
    },
    missingPermissions: (wanted, namespace, signal) => missingPermissions(api, wanted, namespace, signal),
    async version(signal) {
      const operation = { permission: permissionFor(VERSION, 'get'), namespace: null, writes: false };
      const { body } = await api.call({ operation, path: '/version', signal });
      const version = textAt(body, 'gitVersion');
      if (version === null) throw unreadable(operation, 'no gitVersion');
      return `Kubernetes ${version}`;
    },
  };
}

/** `/version` is no object; RBAC grants it to every authenticated user. */
const VERSION = { group: '', plural: 'version' } as KubeResource;

/** null as well for a kind that is not one of Kubernetes' own workloads: there is nothing here that could be read of it. */
export async function freshWorkload(
  api: KubeApi,
  subject: Subject,
  signal: AbortSignal | undefined,
): Promise<WorkloadView | null> {
  const resource = subjectResource(subject);
  if (resource === null) return null;
  const object = await getObject(api, resource, subject, signal);
  const operation = { permission: permissionFor(resource, 'get'), namespace: subject.namespace, writes: false };
  return object === null ? null : reading(operation, () => workloadView(object, resource));
}

/**
 * KEDA is asked for as well when no HPA is there: it removes the HPA of a paused ScaledObject, which owns the replicas all the same.
 * A cluster without KEDA answers 404; one that refuses to tell (403) is an error, for then nobody knows.
 */
async function freshAutoscaler(
  api: KubeApi,
  subject: Subject,
  signal: AbortSignal | undefined,
): Promise<AutoscalerView | null> {
  const hpa = { resource: WATCHED.autoscalers, read: autoscalerRecord, absent: [] };
  const keda = { resource: SCALED_OBJECTS, read: scaledObjectRecord, absent: [404] };
  return (await findTargeting(api, hpa, subject, signal)) ?? (await findTargeting(api, keda, subject, signal));
}

async function findTargeting(
  api: KubeApi,
  kind: {
    readonly resource: KubeResource;
    readonly read: (object: unknown) => AutoscalerRecord;
    /** Statuses that say that the cluster has no such kind. */
    readonly absent: readonly number[];
  },
  subject: Subject,
  signal: AbortSignal | undefined,
): Promise<AutoscalerView | null> {
  const { namespace } = subject;
  const operation = { permission: permissionFor(kind.resource, 'list'), namespace, writes: false };
  const path = pathOf(kind.resource, { namespace });
  const answer = await api.call({ operation, path, signal, alsoAccept: kind.absent });
  if (kind.absent.includes(answer.status)) return null;
  if (!Array.isArray(at(answer.body, 'items'))) throw unreadable(operation, 'a list without items');
  const records = reading(operation, () => listAt(answer.body, 'items').map(kind.read));
  return records.find((it) => isTarget(it.target, subject))?.view ?? null;
}

async function missingPermissions(
  api: KubeApi,
  wanted: readonly Permission[],
  namespace: string | null,
  signal: AbortSignal | undefined,
): Promise<Permission[]> {
  const waiting = [...wanted.entries()];
  const missing: [number, Permission][] = [];
  async function review(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!(await isAllowed(api, next[1], namespace, signal))) missing.push(next);
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_REVIEWS }, review));
  return missing.sort(([a], [b]) => a - b).map(([, permission]) => permission);
}

async function isAllowed(
  api: KubeApi,
  { group, resource, subresource, verb }: Permission,
  namespace: string | null,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  // Nothing is stored by a review, so it is no write that could be in doubt.
  const operation = { permission: permissionFor(ACCESS_REVIEWS, 'create'), namespace: null, writes: false };
  const { body } = await api.call({
    operation,
    method: 'POST',
    path: pathOf(ACCESS_REVIEWS, {}),
    body: {
      type: 'application/json',
      value: {
        apiVersion: apiVersionOf(ACCESS_REVIEWS),
        kind: ACCESS_REVIEWS.kind,
        spec: {
          resourceAttributes: {
            verb,
            group,
            resource,
            ...(subresource === undefined ? {} : { subresource }),
            ...(namespace === null ? {} : { namespace }),
          },
        },
      },
    },
    signal,
  });
  if (!isObject(at(body, 'status'))) throw unreadable(operation, 'a review without a status');
  return at(body, 'status', 'allowed') === true;
}
