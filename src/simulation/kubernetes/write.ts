import type { Writer } from './managed-fields.ts';
import { recordOwnership } from './managed-fields.ts';
import type { ObjectDraft } from './object-store.ts';
import type { KubeObject } from './objects.ts';
import { deepEqual, isRecord, textOf } from './objects.ts';
import { applyJsonPatch, applyMergePatch, applyStrategicMergePatch } from './patch.ts';
import type { Resource } from './resources.ts';
import { qualifiedName } from './resources.ts';
import { badRequest, conflict, invalidObject, MODIFIED, StatusError } from './status-error.ts';

const PATCHES: Readonly<Record<string, (document: unknown, patch: unknown) => unknown>> = {
  'application/json-patch+json': applyJsonPatch,
  'application/merge-patch+json': applyMergePatch,
  'application/strategic-merge-patch+json': applyStrategicMergePatch,
};

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw badRequest('the object provided is unrecognized (must be of type application/json)');
  }
}

/** Applies the body as the patch that its content type names. */
export function patchDocument(document: unknown, contentType: string | undefined, body: string): unknown {
  const type = (contentType ?? '').split(';')[0]?.trim() ?? '';
  const apply = PATCHES[type];
  if (apply === undefined) {
    const accepted = Object.keys(PATCHES).join(', ');
    const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
    throw new StatusError(415, 'UnsupportedMediaType', message);
  }
  return apply(document, parseJson(body));
}

/** Reads a create request's body and fills in what the server defaults. Throws 400 or 422. */
export function draftOf(resource: Resource, namespace: string | undefined, body: unknown, writer: Writer): ObjectDraft {
  if (!isRecord(body)) throw badRequest('the body must be an object');
  const given = isRecord(body['metadata']) ? body['metadata'] : {};
  let name = given['name'];
  if (name === undefined && typeof given['generateName'] === 'string') {
    name =
      given['generateName'] +
      Math.floor(writer.nowMs % 1e8)
        .toString(36)
        .padStart(5, 'x');
  }
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.:_]*[a-z0-9])?$/i.test(name)) {
    throw invalidObject(
      resource.kind,
      textOf(name),
      'metadata.name',
      'Required value: name or generateName is required',
    );
  }
  if (given['namespace'] !== undefined && given['namespace'] !== namespace) {
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  }
  const { uid: _uid, resourceVersion: _version, managedFields: _fields, creationTimestamp: _time, ...metadata } = given;
  const draft: ObjectDraft = {
    ...body,
    apiVersion: resource.group === '' ? resource.version : `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) },
  };
  if (isRecord(draft['spec'])) draft['spec'] = defaulted(resource, draft['spec']);
  validate(resource, draft);
  draft.metadata.managedFields = recordOwnership(undefined, draft as KubeObject, writer);
  return draft;
}

function defaulted(resource: Resource, spec: Record<string, unknown>): Record<string, unknown> {
  if (resource.plural === 'deployments') {
    return {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      ...spec,
    };
  }
  return resource.subresources.includes('scale') ? { replicas: 1, ...spec } : spec;
}

/** The few rules that clients of this world can break. */
function validate(resource: Resource, object: { metadata: { name: string }; spec?: unknown }): void {
  const spec = isRecord(object.spec) ? object.spec : undefined;
  const fail = (field: string, why: string): never => {
    throw invalidObject(
      `${resource.kind}${resource.group === '' ? '' : `.${resource.group}`}`,
      object.metadata.name,
      field,
      why,
    );
  };
  const isScalable = resource.subresources.includes('scale');
  const replicas = spec?.['replicas'];
  if (isScalable && !Number.isInteger(replicas))
    fail('spec.replicas', `Invalid value: ${JSON.stringify(replicas)}: must be an integer`);
  if (isScalable && Number(replicas) < 0)
    fail('spec.replicas', `Invalid value: ${String(replicas)}: must be greater than or equal to 0`);
  if (resource.plural === 'deployments') {
    if (!isRecord(spec?.['selector'])) fail('spec.selector', 'Required value');
    const template = spec?.['template'];
    const containers = isRecord(template) && isRecord(template['spec']) ? template['spec']['containers'] : undefined;
    if (!Array.isArray(containers) || containers.length === 0) fail('spec.template.spec.containers', 'Required value');
    const selector = (spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? {};
    const labels = (template as { metadata?: { labels?: Record<string, string> } }).metadata?.labels ?? {};
    if (Object.entries(selector).some(([name, value]) => labels[name] !== value)) {
      fail('spec.template.metadata.labels', 'Invalid value: `selector` does not match template `labels`');
    }
  }
  if (resource.plural === 'horizontalpodautoscalers') {
    const [least, most] = [Number(spec?.['minReplicas'] ?? 1), Number(spec?.['maxReplicas'])];
    if (!(most >= least))
      fail('spec.maxReplicas', `Invalid value: ${most}: must be greater than or equal to \`minReplicas\``);
  }
}

/**
 * Turns what a PUT or PATCH asks for into the object to store: identity must be unchanged (a set resourceVersion is a
 * precondition), what only the server may set is kept, ownership is recorded. `/status` writes change the status alone,
 * other writes everything but the status.
 */
export function nextObject(resource: Resource, current: KubeObject, wanted: unknown, writer: Writer): KubeObject {
  const name = current.metadata.name;
  if (!isRecord(wanted) || !isRecord(wanted['metadata'])) throw badRequest('the body must be an object with metadata');
  const given = wanted['metadata'];
  const version = given['resourceVersion'];
  if (typeof version === 'string' && version !== '' && version !== current.metadata.resourceVersion) {
    throw conflict(qualifiedName(resource), name, MODIFIED);
  }
  if (given['uid'] !== undefined && given['uid'] !== '' && given['uid'] !== current.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${textOf(given['uid'])}, UID in object meta: ${current.metadata.uid}`;
    throw conflict(qualifiedName(resource), name, why);
  }
  if (given['name'] !== name) throw badRequest('the name of the object does not match the name on the URL');
  const { uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, namespace } = current.metadata;
  const kept = { name, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, namespace };
  const metadata = {
    ...given,
    ...Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined)),
  } as KubeObject['metadata'];
  delete metadata.managedFields;
  const hasStatus = resource.subresources.includes('status');
  const next =
    writer.subresource === 'status'
      ? { ...current, status: (wanted['status'] ?? {}) as Record<string, unknown> }
      : ({ ...wanted, apiVersion: current.apiVersion, kind: current.kind, metadata } as KubeObject);
  if (hasStatus && writer.subresource !== 'status') {
    if (current.status === undefined) delete next.status;
    else next.status = current.status;
  }
  validate(resource, next);
  if (resource.plural === 'deployments' && !deepEqual(next.spec?.['selector'], current.spec?.['selector'])) {
    throw invalidObject('Deployment.apps', name, 'spec.selector', 'Invalid value: field is immutable');
  }
  const managedFields = recordOwnership(current, next, writer);
  return { ...next, metadata: { ...next.metadata, ...(managedFields.length > 0 ? { managedFields } : {}) } };
}

/** The `Scale` view of a workload. */
export function scaleOf(object: KubeObject): Record<string, unknown> {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector =
    (object.spec?.['selector'] as { matchLabels?: Record<string, string> } | undefined)?.matchLabels ?? {};
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.['replicas'] ?? 0 },
    status: {
      replicas: object.status?.['replicas'] ?? 0,
      selector: Object.entries(selector)
        .map(([label, value]) => `${label}=${value}`)
        .join(','),
    },
  };
}

/** Only replicas pass through the scale subresource: metadata sent there is dropped without a word. */
export function scaledObject(resource: Resource, current: KubeObject, scale: unknown, writer: Writer): KubeObject {
  if (!isRecord(scale) || !isRecord(scale['spec'])) throw badRequest('the body must be a Scale with a spec');
  const given = isRecord(scale['metadata']) ? scale['metadata'] : {};
  const metadata = {
    ...current.metadata,
    uid: given['uid'] ?? current.metadata.uid,
    resourceVersion: given['resourceVersion'] ?? '',
  };
  const wanted = { ...current, metadata, spec: { ...current.spec, replicas: scale['spec']['replicas'] ?? 0 } };
  return nextObject(resource, current, wanted, { ...writer, subresource: 'scale' });
}

export function writerOf(
  query: URLSearchParams,
  userAgent: string | undefined,
  nowMs: number,
  subresource?: string,
): Writer {
  const manager = query.get('fieldManager') ?? userAgent?.split('/')[0] ?? 'unknown';
  return { manager, nowMs, ...(subresource === undefined ? {} : { subresource }) };
}

/** Only `All` is a dry run; anything else that is set is a mistake. */
export function isDryRun(query: URLSearchParams): boolean {
  const asked = query.getAll('dryRun');
  const wrong = asked.find((value) => value !== 'All' && value !== '');
  if (wrong !== undefined) throw badRequest(`Invalid value: ${JSON.stringify(wrong)}: dryRun must be All`);
  return asked.includes('All');
}
