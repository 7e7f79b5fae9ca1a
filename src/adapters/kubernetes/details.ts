import { isHaleError } from '../../domain/errors.ts';
import type { Subject } from '../../domain/subject.ts';
import type { ClusterDetails, RevisionView } from '../../ports/cluster-details.ts';
import type { KubeApi } from './api.ts';
import {
  autoscalerDetails,
  budgetView,
  claimView,
  endpointsView,
  eventView,
  nodeView,
  policyView,
  quotaView,
  revisionView,
  storageClassView,
} from './detail-views.ts';
import { unreadable } from './errors.ts';
import { getObject, reading, subjectResource } from './get-object.ts';
import { at, type Json, listAt } from './json.ts';
import { ASKED, type KubeResource, pathOf, permissionFor, WATCHED } from './resources.ts';
import { controllingOwner, podRecord } from './views.ts';

const MAX_EVENTS = 50;
/** Pages are not followed: what is longer is more than any decision looks at. */
const MAX_LISTED = 500;
const MAX_LOG_BYTES = 65_536;
const LOG_TIMEOUT_MS = 10_000;

export function createClusterDetails(api: KubeApi): ClusterDetails {
  async function list(
    resource: KubeResource,
    namespace: string | null,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<readonly unknown[]> {
    const operation = { permission: permissionFor(resource, 'list'), namespace, writes: false };
    const path = pathOf(resource, { namespace });
    const { body } = await api.call({ operation, path, query: { limit: String(MAX_LISTED), ...query }, signal });
    if (!Array.isArray(at(body, 'items'))) throw unreadable(operation, 'a list without items');
    return listAt(body, 'items');
  }

  async function read<T>(
    resource: KubeResource,
    namespace: string | null,
    view: (object: unknown) => T,
    signal: AbortSignal | undefined,
    query: Readonly<Record<string, string>> = {},
  ): Promise<readonly T[]> {
    const objects = await list(resource, namespace, query, signal);
    return reading({ permission: permissionFor(resource, 'list'), namespace, writes: false }, () => objects.map(view));
  }

  async function revisions(subject: Subject, signal?: AbortSignal): Promise<readonly RevisionView[]> {
    if (subject.kind !== 'Deployment') return [];
    const all = await list(ASKED.replicasets, subject.namespace, {}, signal);
    return reading(
      { permission: permissionFor(ASKED.replicasets, 'list'), namespace: subject.namespace, writes: false },
      () =>
        all
          .filter((object) => controllingOwner(object)?.uid === subject.uid)
          .map(revisionView)
          .toSorted((a, b) => b.revision - a.revision),
    );
  }

  return {
    revisions,
    async freshPods({ subject, selector }, signal) {
      const labelSelector = Object.entries(selector)
        .map(([name, value]) => `${name}=${value}`)
        .join(',');
      // An empty selector would mean every pod of the namespace.
      if (labelSelector === '') return [];
      const owners = new Set([subject.uid, ...(await revisions(subject, signal)).map(({ uid }) => uid)]);
      const records = await read(WATCHED.pods, subject.namespace, podRecord, signal, { labelSelector });
      return records.filter(({ owner }) => owner !== null && owners.has(owner.uid)).map(({ view }) => view);
    },
    async object(subject, signal): Promise<Json | null> {
      const resource = subject.kind === WATCHED.autoscalers.kind ? WATCHED.autoscalers : subjectResource(subject);
      return resource === null ? null : getObject(api, resource, subject, signal);
    },
    async eventsAbout({ namespace, uid }, signal) {
      const query = { fieldSelector: `involvedObject.uid=${uid}` };
      const events = await read(ASKED.events, namespace, eventView, signal, query);
      return events.toSorted((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0)).slice(0, MAX_EVENTS);
    },
    async autoscalersOf({ namespace, kind, name }, signal) {
      const all = await read(WATCHED.autoscalers, namespace, autoscalerDetails, signal);
      return all.filter(({ target }) => target.kind === kind && target.name === name);
    },
    async endpointsOf({ namespace, name }, signal) {
      const query = { labelSelector: `kubernetes.io/service-name=${name}` };
      return endpointsView(await list(ASKED.endpointslices, namespace, query, signal));
    },
    networkPolicies: (namespace, signal) => read(ASKED.networkpolicies, namespace, policyView, signal),
    quotas: (namespace, signal) => read(ASKED.resourcequotas, namespace, quotaView, signal),
    volumeClaims: (namespace, signal) => read(ASKED.persistentvolumeclaims, namespace, claimView, signal),
    storageClasses: (signal) => read(ASKED.storageclasses, null, storageClassView, signal),
    disruptionBudgets: (namespace, signal) => read(ASKED.poddisruptionbudgets, namespace, budgetView, signal),
    nodes: (signal) => read(ASKED.nodes, null, nodeView, signal),
    podLog: (pod, lines, signal) => podLog(api, pod, lines, signal),
  };
}

async function podLog(
  api: KubeApi,
  { namespace, name, container, previous }: Parameters<ClusterDetails['podLog']>[0],
  lines: number,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const operation = { permission: permissionFor(WATCHED.pods, 'get', 'log'), namespace, name, writes: false };
  const within = AbortSignal.timeout(LOG_TIMEOUT_MS);
  try {
    const stream = await api.stream({
      operation,
      path: pathOf(WATCHED.pods, { namespace, name, subresource: 'log' }),
      query: {
        container,
        previous: String(previous),
        tailLines: String(lines),
        limitBytes: String(MAX_LOG_BYTES),
        timestamps: 'true',
      },
      signal: signal === undefined ? within : AbortSignal.any([signal, within]),
    });
    const chunks: Buffer[] = [];
    for await (const chunk of stream.body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  } catch (error) {
    // 404: no such pod; 400: no such container, or it never ran before.
    if (isHaleError(error, 'cluster-rejected')) return null;
    throw error;
  }
}
