import { HaleError, isHaleError } from '../../domain/errors.ts';
import { type Subject, subjectName } from '../../domain/subject.ts';
import type { ClusterWriter, FieldReplacement, WriteFence } from '../../ports/cluster.ts';
import type { PodRef } from '../../ports/cluster-details.ts';
import type { KubeApi } from './api.ts';
import { type KubeOperation, unreadable } from './errors.ts';
import { getObject, subjectResource } from './get-object.ts';
import { numberAt, textAt } from './json.ts';
import { freshWorkload } from './reader.ts';
import { apiVersionOf, CONFIG_MAPS, EVENTS, type KubeResource, pathOf, permissionFor, WATCHED } from './resources.ts';

export interface ClusterWriterOptions {
  readonly api: KubeApi;
  /** Hale's time, in which deadlines are. */
  readonly now: () => number;
  /** Who reports events: the name of the pod or host. */
  readonly instance: string;
}

const FIELD_MANAGER = 'hale';
const REPORTING_CONTROLLER = 'hale.dev/hale';
const JSON_PATCH = 'application/json-patch+json';
// Limits of events.k8s.io/v1: note 1 kB, reason and action 128 characters.
const MAX_NOTE_BYTES = 1024;
const MAX_WORD_LENGTH = 128;
/** Names have at most 253 characters; the server adds a few to the prefix. */
const MAX_NAME_PREFIX = 200;
/** The server gives up a write by then, so that it cannot linger there long after the answer was given up here. */
const SERVER_TIMEOUT = '10s';
const SCALABLE_KINDS = new Set(['Deployment', 'StatefulSet', 'ReplicaSet']);
/** How often a ConfigMap that comes and goes meanwhile is tried again. */
const MAX_PUT_ATTEMPTS = 3;

export function createClusterWriter(options: ClusterWriterOptions): ClusterWriter {
  const { api, now, instance } = options;
  return {
    scale: (change, fence) => scale(options, change, fence),
    evictPod: (pod, fence) => evictPod(options, pod, fence),
    replaceFields: (change, fence) => replaceFields(options, change, fence),
    async recordEvent({ subject, type, reason, action, note }, signal) {
      const { apiVersion, kind, namespace, name, uid } = subject;
      await api.call({
        operation: { permission: permissionFor(EVENTS, 'create'), namespace, writes: true },
        method: 'POST',
        path: pathOf(EVENTS, { namespace }),
        body: {
          type: 'application/json',
          value: {
            apiVersion: apiVersionOf(EVENTS),
            kind: EVENTS.kind,
            metadata: { generateName: `${name.slice(0, MAX_NAME_PREFIX).replace(/[^a-z0-9]+$/, '')}-`, namespace },
            eventTime: microTime(now()),
            reportingController: REPORTING_CONTROLLER,
            reportingInstance: instance.slice(0, MAX_WORD_LENGTH),
            type,
            reason: reason.slice(0, MAX_WORD_LENGTH),
            action: action.slice(0, MAX_WORD_LENGTH),
            note: cutBytes(note, MAX_NOTE_BYTES),
            regarding: { apiVersion, kind, namespace, name, uid },
          },
        },
        signal,
      });
    },
    putConfigMap: (namespace, name, data, signal) => putConfigMap(api, { namespace, name, data }, signal),
  };
}

/**
 * One JSON patch on the scale subresource that tests UID and the old value. A 4xx wrote nothing; after anything else that is not a success the
 * error says in `details.maybeApplied` whether the write may have happened, and the caller settles by looking.
 */
async function scale(
  { api, now }: ClusterWriterOptions,
  { subject, from, to, dryRun }: Parameters<ClusterWriter['scale']>[0],
  fence: WriteFence,
): Promise<void> {
  const resource = scalableResource(subject);
  for (const [name, value] of Object.entries({ from, to })) {
    if (!Number.isInteger(value) || value < 0) {
      throw new HaleError(
        'cluster-rejected',
        `scale of ${subjectName(subject)}: "${name}" is not a number of replicas`,
      );
    }
  }
  const { namespace, name } = subject;
  const operation: KubeOperation = {
    permission: permissionFor(resource, 'patch', 'scale'),
    namespace,
    name,
    writes: dryRun !== true,
  };
  const answer = await api.call({
    operation,
    method: 'PATCH',
    path: pathOf(resource, { namespace, name, subresource: 'scale' }),
    query: {
      fieldManager: FIELD_MANAGER,
      timeout: SERVER_TIMEOUT,
      ...(dryRun === true ? { dryRun: 'All' } : {}),
    },
    body: {
      type: JSON_PATCH,
      value: [
        { op: 'test', path: '/metadata/uid', value: subject.uid },
        { op: 'test', path: '/spec/replicas', value: from },
        { op: 'replace', path: '/spec/replicas', value: to },
      ],
    },
    signal: fence.signal,
    beforeSend: () => refuseAfterDeadline(fence, now()),
    alsoAccept: [404, 409, 422],
  });
  if (answer.status >= 300) throw await worldMoved(api, { subject, from }, answer.status, fence.signal);
  if (numberAt(answer.body, 'spec', 'replicas') !== to) {
    throw unreadable(operation, `a scale without the ${to} replicas that were asked for`);
  }
}

function scalableResource(subject: Subject): KubeResource {
  const resource = SCALABLE_KINDS.has(subject.kind) ? subjectResource(subject) : null;
  if (resource !== null) return resource;
  const kinds = [...SCALABLE_KINDS].join(', ');
  throw new HaleError('cluster-rejected', `${subjectName(subject)} has no replicas to set; only ${kinds} have`);
}

/** The UID is a precondition: a pod of the same name that was made since is not touched. */
async function evictPod(
  { api, now }: ClusterWriterOptions,
  { namespace, name, uid, dryRun }: PodRef & { readonly dryRun?: boolean },
  fence: WriteFence,
): Promise<void> {
  const pod = { namespace, name, uid };
  // The eviction API answers 500 after five seconds when the precondition fails, which reads as a write in doubt: a look before tells it apart.
  const found = await getObject(api, WATCHED.pods, pod, fence.signal);
  if (textAt(found, 'metadata', 'uid') !== uid) throw podMoved(pod, found === null ? 404 : 409);
  const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
  const answer = await api.call({
    operation: {
      permission: permissionFor(WATCHED.pods, 'create', 'eviction'),
      namespace,
      name,
      writes: dryRun !== true,
    },
    method: 'POST',
    path: pathOf(WATCHED.pods, { namespace, name, subresource: 'eviction' }),
    query: dryRun === true ? { dryRun: 'All' } : {},
    body: {
      type: 'application/json',
      value: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: options },
    },
    signal: fence.signal,
    beforeSend: () => refuseAfterDeadline(fence, now()),
    alsoAccept: [404, 409, 429],
  });
  // 429 is how the eviction API says that a disruption budget forbids it at this moment.
  if (answer.status === 429) {
    throw new HaleError(
      'cluster-rejected',
      `eviction of pod ${namespace}/${name}: a disruption budget does not allow it`,
      {
        details: { status: 429, maybeApplied: false },
      },
    );
  }
  if (answer.status >= 300) throw podMoved(pod, answer.status);
}

function podMoved({ namespace, name }: PodRef, status: number): HaleError {
  const why = status === 404 ? 'is gone' : 'is another one of the same name, or changed at the same moment';
  return new HaleError('world-moved', `pod ${namespace}/${name} ${why}; nothing was written`, {
    details: { status, maybeApplied: false },
  });
}

/** What may be replaced at all: a workload's own fields and an autoscaler's; never metadata but annotations. */
const REPLACEABLE = /^\/(spec\/|metadata\/annotations(\/|$))/;

async function replaceFields(
  { api, now }: ClusterWriterOptions,
  { subject, fields, dryRun }: Parameters<ClusterWriter['replaceFields']>[0],
  fence: WriteFence,
): Promise<void> {
  const resource = subject.kind === WATCHED.autoscalers.kind ? WATCHED.autoscalers : subjectResource(subject);
  const wrong = fields.find(({ path }) => !REPLACEABLE.test(path));
  if (resource === null || fields.length === 0 || wrong !== undefined) {
    throw new HaleError('cluster-rejected', `${subjectName(subject)}: ${wrong?.path ?? 'no field'} cannot be replaced`);
  }
  const { namespace, name } = subject;
  const answer = await api.call({
    operation: { permission: permissionFor(resource, 'patch'), namespace, name, writes: dryRun !== true },
    method: 'PATCH',
    path: pathOf(resource, { namespace, name }),
    query: { fieldManager: FIELD_MANAGER, timeout: SERVER_TIMEOUT, ...(dryRun === true ? { dryRun: 'All' } : {}) },
    body: {
      type: JSON_PATCH,
      value: [{ op: 'test', path: '/metadata/uid', value: subject.uid }, ...fields.flatMap(fieldOperations)],
    },
    signal: fence.signal,
    beforeSend: () => refuseAfterDeadline(fence, now()),
    alsoAccept: [404, 409, 422],
  });
  if (answer.status < 300) return;
  // 422 is a test that failed, and a value that the API server does not take: either way nothing was stored.
  const why = answer.status === 404 ? 'the object is gone' : 'it is not as it was, or the new value is not taken';
  throw new HaleError('world-moved', `${subjectName(subject)}: ${why}; nothing was written`, {
    details: { status: answer.status, maybeApplied: false },
  });
}

/** A field that is not there cannot be tested for its absence: `test` against null holds for an absent one in the API server's library. */
function fieldOperations({ path, from, to }: FieldReplacement): readonly Readonly<Record<string, unknown>>[] {
  const test = { op: 'test', path, value: from };
  if (to === null) return [test, { op: 'remove', path }];
  return [test, { op: from === null ? 'add' : 'replace', path, value: to }];
}

/** Checked on the open connection: nothing that waits (credentials, name look-up, TLS) lies between this and the first byte. */
function refuseAfterDeadline({ deadline, intentId }: WriteFence, now: number): void {
  if (now < deadline) return;
  throw new HaleError(
    'intent-expired',
    `intent ${intentId} expired ${now - deadline} ms before its write could start; nothing was written`,
    { details: { deadline, now, maybeApplied: false } },
  );
}

/** What the object has become, for the one who must plan again. 422 also says that a patch is invalid as such: looking tells which. */
async function worldMoved(
  api: KubeApi,
  { subject, from }: { readonly subject: Subject; readonly from: number },
  status: number,
  signal: AbortSignal | undefined,
): Promise<HaleError> {
  const what = subjectName(subject);
  const moved = (why: string, details: Record<string, unknown> = {}): HaleError =>
    new HaleError('world-moved', `${what}: ${why}; nothing was written`, {
      details: { status, maybeApplied: false, ...details },
    });
  if (status === 404) return moved('the object is gone');
  if (status === 409) return moved('somebody else changed the object at the same moment');
  try {
    const found = await freshWorkload(api, subject, signal);
    if (found === null) return moved('the object is gone');
    const details = { found: { uid: found.subject.uid, replicas: found.replicas } };
    if (found.subject.uid !== subject.uid) return moved('another object has taken its name', details);
    if (found.replicas !== from) return moved(`it has ${found.replicas} replicas, not ${from}`, details);
    return new HaleError('cluster-rejected', `scale of ${what}: the API server refuses the new value as invalid`, {
      details: { status, maybeApplied: false },
    });
  } catch (cause) {
    if (!isHaleError(cause)) throw cause;
    // The refusal is certain, its reason is not.
    return new HaleError(
      'cluster-unavailable',
      `scale of ${what} was refused, and why cannot be seen: ${cause.message}`,
      {
        cause,
        details: { status, maybeApplied: false },
      },
    );
  }
}

/** A patch where it exists, a creation where it does not; Hale needs no permission to read or replace other fields. */
async function putConfigMap(
  api: KubeApi,
  { namespace, name, data }: { namespace: string; name: string; data: Readonly<Record<string, string>> },
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; attempt <= MAX_PUT_ATTEMPTS; attempt += 1) {
    const patched = await api.call({
      operation: { permission: permissionFor(CONFIG_MAPS, 'patch'), namespace, name, writes: true },
      method: 'PATCH',
      path: pathOf(CONFIG_MAPS, { namespace, name }),
      query: { fieldManager: FIELD_MANAGER },
      // `add` on a field that is there replaces it as a whole.
      body: { type: JSON_PATCH, value: [{ op: 'add', path: '/data', value: data }] },
      signal,
      alsoAccept: [404],
    });
    if (patched.status !== 404) return;
    const created = await api.call({
      operation: { permission: permissionFor(CONFIG_MAPS, 'create'), namespace, writes: true },
      method: 'POST',
      path: pathOf(CONFIG_MAPS, { namespace }),
      query: { fieldManager: FIELD_MANAGER },
      body: {
        type: 'application/json',
        value: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data },
      },
      signal,
      alsoAccept: [409],
    });
    if (created.status !== 409) return;
  }
  throw new HaleError(
    'cluster-unavailable',
    `ConfigMap ${namespace}/${name} is created and deleted by somebody else at the same time`,
    { details: { maybeApplied: false } },
  );
}

/** The API's MicroTime has six decimals; Date has three. */
function microTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000Z');
}

/** At most so many bytes of UTF-8, never half a character. */
function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const cut = Buffer.from(text).subarray(0, maxBytes - 3);
  return `${cut.toString('utf8').replace(/\uFFFD+$/, '')}...`;
}
