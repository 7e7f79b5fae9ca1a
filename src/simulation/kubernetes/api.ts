import type { ServerResponse } from 'node:http';
import type { Request } from '../loopback-server.ts';
import { sendJson, sendText } from '../loopback-server.ts';
import { forbidden, isDenied } from './access.ts';
import { checkNewEvent, toCoreEvent, toNewEvent } from './event-forms.ts';
import type { ObjectStore } from './object-store.ts';
import type { KubeObject } from './objects.ts';
import { isRecord } from './objects.ts';
import type { PodRunner } from './pod-runner.ts';
import type { Resource } from './resources.ts';
import { groupVersion, qualifiedName } from './resources.ts';
import type { Route } from './route.ts';
import type { ObjectFilter } from './selectors.ts';
import { parseFieldSelector, parseLabelSelector } from './selectors.ts';
import { badRequest, gone, notFound, StatusError } from './status-error.ts';
import type { WatchHub } from './watch.ts';
import { draftOf, isDryRun, nextObject, parseJson, patchDocument, scaledObject, scaleOf, writerOf } from './write.ts';

export interface ApiContext {
  store: ObjectStore;
  watches: WatchHub;
  pods: PodRunner;
  nowMs: number;
  user: string;
  deny: readonly string[];
  podLog: (pod: KubeObject) => string;
}

const DEFAULT_WATCH_S = 1_800;

/** Answers one request for a served resource. Throws a StatusError for every refusal. */
export function answerResource(request: Request, route: Route, context: ApiContext, response: ServerResponse): void {
  const verb = verbOf(request, route);
  const { resource, namespace, name, subresource } = route;
  const attempt = { verb, resource: subresource === undefined ? resource.plural : `${resource.plural}/${subresource}` };
  if (isDenied(context.deny, attempt))
    throw forbidden(context.user, attempt, { ...definedOnly({ name, namespace }), resource });
  switch (verb) {
    case 'list':
      return sendJsonText(response, 200, listObjects(request, route, context));
    case 'watch':
      return openWatch(request, route, context, response);
    case 'create':
      return subresource === 'eviction'
        ? evict(request, route, context, response)
        : create(request, route, context, response);
    case 'get':
      return read(route, context, response);
    case 'update':
    case 'patch':
      return change(request, route, context, response);
    case 'delete':
      return remove(request, route, context, response);
    default:
      throw new StatusError(405, 'MethodNotAllowed', `the server does not allow this method on the requested resource`);
  }
}

function definedOnly(given: { name: string | undefined; namespace: string | undefined }): {
  name?: string;
  namespace?: string;
} {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function verbOf({ method, query }: Request, { name, subresource }: Route): string {
  if (name === undefined) {
    const isWatch = ['1', 'true'].includes(query.get('watch') ?? '');
    return { GET: isWatch ? 'watch' : 'list', POST: 'create' }[method] ?? 'none';
  }
  const created = subresource === 'eviction' ? { POST: 'create' } : {};
  const verbs: Record<string, string> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete', ...created };
  return verbs[method] ?? 'none';
}

const encodedForms = new WeakMap<KubeObject, Map<string, string>>();

/** Stored objects never change, so that each is written as JSON once per API version. */
function encode(resource: Resource, object: KubeObject): string {
  const version = groupVersion(resource);
  const forms = encodedForms.get(object) ?? new Map<string, string>();
  encodedForms.set(object, forms);
  let text = forms.get(version);
  if (text === undefined) {
    text = JSON.stringify(version === 'events.k8s.io/v1' ? toNewEvent(object) : object);
    forms.set(version, text);
  }
  return text;
}

function sendJsonText(response: ServerResponse, status: number, text: string): void {
  sendText(response, status, text, 'application/json');
}

function filterOf(query: URLSearchParams): ObjectFilter {
  const byLabel = parseLabelSelector(query.get('labelSelector') ?? '');
  const byField = parseFieldSelector(query.get('fieldSelector') ?? '');
  return (object) => byLabel(object) && byField(object);
}

interface Continuation {
  revision: number;
  after: string;
}

function parseContinue(token: string, store: ObjectStore): Continuation {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw badRequest('continue key is not valid');
  }
  if (!isRecord(parsed) || typeof parsed['revision'] !== 'number' || typeof parsed['after'] !== 'string') {
    throw badRequest('continue key is not valid');
  }
  if (store.isCompacted(parsed['revision'])) {
    throw gone(
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    );
  }
  return { revision: parsed['revision'], after: parsed['after'] };
}

function listObjects({ query }: Request, { resource, namespace }: Route, { store }: ApiContext): string {
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`bad limit ${JSON.stringify(query.get('limit'))}`);
  const token = query.get('continue') ?? '';
  const from = token === '' ? undefined : parseContinue(token, store);
  const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;
  const filter = filterOf(query);
  const left = store
    .list(resource, namespace)
    .filter((object) => filter(object) && (from === undefined || keyOf(object) > from.after));
  const page = limit === 0 ? left : left.slice(0, limit);
  const revision = from?.revision ?? store.revision();
  const last = page.at(-1);
  const metadata: Record<string, unknown> = { resourceVersion: String(revision) };
  if (last !== undefined && page.length < left.length) {
    metadata['continue'] = Buffer.from(JSON.stringify({ revision, after: keyOf(last) })).toString('base64url');
    // Unknown to the real server as well when a selector filters.
    if (!query.has('labelSelector') && !query.has('fieldSelector'))
      metadata['remainingItemCount'] = left.length - page.length;
  }
  const head = JSON.stringify({ kind: `${resource.kind}List`, apiVersion: groupVersion(resource), metadata });
  return `${head.slice(0, -1)},"items":[${page.map((object) => encode(resource, object)).join(',')}]}`;
}

function openWatch(
  { query }: Request,
  { resource, namespace }: Route,
  { store, watches }: ApiContext,
  response: ServerResponse,
): void {
  const version = query.get('resourceVersion') ?? '';
  if (version !== '' && !/^\d+$/.test(version)) {
    throw badRequest(
      `Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  }
  if (Number(version) > store.revision()) {
    throw new StatusError(504, 'Timeout', `Too large resource version: ${version}, current: ${store.revision()}`, {
      retryAfterSeconds: 1,
    });
  }
  watches.open(
    {
      resource,
      namespace,
      filter: filterOf(query),
      afterRevision: version === '' || version === '0' ? undefined : Number(version),
      allowBookmarks: query.get('allowWatchBookmarks') === 'true',
      timeoutMs: Number(query.get('timeoutSeconds') ?? DEFAULT_WATCH_S) * 1_000,
      encode: (object) => encode(resource, object),
    },
    response,
  );
}

function find({ resource, namespace, name = '' }: Route, { store }: ApiContext): KubeObject {
  const object = store.get(resource, namespace, name);
  if (object === undefined) throw notFound(qualifiedName(resource), name);
  return object;
}

function read(route: Route, context: ApiContext, response: ServerResponse): void {
  const object = find(route, context);
  if (route.subresource === 'log') sendText(response, 200, context.podLog(object));
  else if (route.subresource === 'scale') sendJson(response, 200, scaleOf(object));
  else sendJsonText(response, 200, encode(route.resource, object));
}

function create(request: Request, { resource, namespace }: Route, context: ApiContext, response: ServerResponse): void {
  if (resource.namespaced && namespace === undefined) {
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
  }
  const writer = writerOf(request.query, request.headers['user-agent'], context.nowMs);
  let draft = draftOf(resource, namespace, parseJson(request.body), writer);
  if (groupVersion(resource) === 'events.k8s.io/v1') checkNewEvent(draft, draft.metadata.name);
  if (resource.storage === 'events') draft = toCoreEvent(draft);
  if (isDryRun(request.query)) sendJson(response, 201, draft);
  else sendJsonText(response, 201, encode(resource, context.store.create(resource, draft)));
}

function change(request: Request, route: Route, context: ApiContext, response: ServerResponse): void {
  const { resource, subresource } = route;
  const stored = find(route, context);
  const isNewEvent = groupVersion(resource) === 'events.k8s.io/v1';
  const current = isNewEvent ? toNewEvent(stored) : stored;
  const writer = writerOf(request.query, request.headers['user-agent'], context.nowMs, subresource);
  const shown = subresource === 'scale' ? scaleOf(current) : current;
  const wanted =
    request.method === 'PUT'
      ? parseJson(request.body)
      : patchDocument(shown, request.headers['content-type'], request.body);
  const next =
    subresource === 'scale'
      ? scaledObject(resource, current, wanted, writer)
      : nextObject(resource, current, wanted, writer);
  const kept = isNewEvent ? toCoreEvent(next) : next;
  const result = isDryRun(request.query) ? kept : context.store.update(resource, kept);
  if (subresource === 'scale') sendJson(response, 200, scaleOf(result));
  else sendJsonText(response, 200, encode(resource, result));
}

function remove(request: Request, route: Route, context: ApiContext, response: ServerResponse): void {
  const { resource, namespace, name = '' } = route;
  const object = find(route, context);
  const body = request.body === '' ? {} : parseJson(request.body);
  const options = isRecord(body) ? body : {};
  checkPreconditions(options, object, resource);
  const isDry = isDryRun(request.query) || (Array.isArray(options['dryRun']) && options['dryRun'].includes('All'));
  if (resource.plural === 'pods') {
    const grace = options['gracePeriodSeconds'] ?? request.query.get('gracePeriodSeconds');
    const graceMs = grace === null || grace === undefined ? undefined : Number(grace) * 1_000;
    sendJsonText(response, 200, encode(resource, isDry ? object : context.pods.terminate(object, graceMs)));
    return;
  }
  if (!isDry) context.store.remove(resource, namespace, name);
  const details = { name, group: resource.group, kind: resource.plural, uid: object.metadata.uid };
  sendJson(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

function checkPreconditions(options: Record<string, unknown>, object: KubeObject, resource: Resource): void {
  const wanted = isRecord(options['preconditions']) ? options['preconditions'] : {};
  for (const field of ['uid', 'resourceVersion'] as const) {
    if (wanted[field] === undefined || wanted[field] === object.metadata[field]) continue;
    const message = `Operation cannot be fulfilled on ${qualifiedName(resource)} "${object.metadata.name}": Precondition failed: ${field} differs`;
    throw new StatusError(409, 'Conflict', message, { name: object.metadata.name, kind: resource.plural });
  }
}

/** A pod that a budget with no disruption left selects stays. */
function evict(request: Request, route: Route, context: ApiContext, response: ServerResponse): void {
  const pod = find(route, context);
  const body = parseJson(request.body);
  const options = isRecord(body) && isRecord(body['deleteOptions']) ? body['deleteOptions'] : {};
  checkPreconditions(options, pod, route.resource);
  const budgets = context.store.list(
    {
      group: 'policy',
      version: 'v1',
      plural: 'poddisruptionbudgets',
      kind: 'PodDisruptionBudget',
      namespaced: true,
      subresources: [],
      storage: 'poddisruptionbudgets.policy',
    },
    route.namespace,
  );
  const labels = pod.metadata.labels ?? {};
  const blocking = budgets.find((budget) => {
    const selector = (budget.spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined)?.matchLabels;
    const selects = selector !== undefined && Object.entries(selector).every(([name, value]) => labels[name] === value);
    return selects && Number(budget.status?.['disruptionsAllowed'] ?? 0) <= 0;
  });
  if (blocking !== undefined) {
    throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        { reason: 'DisruptionBudget', message: `The disruption budget ${blocking.metadata.name} does not allow it` },
      ],
    });
  }
  if (!isDryRun(request.query)) context.pods.terminate(pod);
  sendJson(response, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}
