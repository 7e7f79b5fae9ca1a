import { deepEqual, isRecord } from './objects.ts';
import { badRequest, StatusError } from './status-error.ts';

interface Operation {
  op: string;
  path: string;
  value?: unknown;
  from?: string;
}

/**
 * What the API server answers when a JSON patch cannot be applied, a failed `test` included. It keeps the reason to
 * itself (observed on 1.35).
 */
function inapplicable(): StatusError {
  return new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
}

/** RFC 6902 without `copy` side roads: add, remove, replace, test, move, copy. Answers a new document. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  let result: unknown = structuredClone(document);
  for (const entry of patch as unknown[]) {
    if (!isRecord(entry) || typeof entry['op'] !== 'string' || typeof entry['path'] !== 'string') throw inapplicable();
    result = applyOperation(result, entry as unknown as Operation);
  }
  return result;
}

function applyOperation(document: unknown, { op, path, value, from }: Operation): unknown {
  const pointer = parsePointer(path);
  switch (op) {
    case 'test': {
      const found = read(document, pointer);
      if (!deepEqual(found ?? null, value ?? null)) throw inapplicable();
      return document;
    }
    case 'add':
      return write(document, pointer, value, 'add');
    case 'replace':
      if (read(document, pointer) === undefined) throw inapplicable();
      return write(document, pointer, value, 'replace');
    case 'remove':
      return write(document, pointer, undefined, 'remove');
    case 'copy':
    case 'move': {
      const source = parsePointer(from ?? '');
      const moved = read(document, source);
      if (moved === undefined) throw inapplicable();
      const without = op === 'move' ? write(document, source, undefined, 'remove') : document;
      return write(without, pointer, structuredClone(moved), 'add');
    }
    default:
      throw inapplicable();
  }
}

function parsePointer(path: string): string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw inapplicable();
  return path
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, pointer: readonly string[]): unknown {
  let found = document;
  for (const step of pointer) {
    if (Array.isArray(found)) found = found[arrayIndex(step, found.length)];
    else if (isRecord(found) && Object.hasOwn(found, step)) found = found[step];
    else return undefined;
  }
  return found;
}

function arrayIndex(step: string, length: number): number {
  const index = step === '-' ? length : Number(step);
  if (!/^(?:-|0|[1-9]\d*)$/.test(step) || index > length) throw inapplicable();
  return index;
}

function write(
  document: unknown,
  pointer: readonly string[],
  value: unknown,
  mode: 'add' | 'replace' | 'remove',
): unknown {
  const last = pointer.at(-1);
  if (last === undefined) return value;
  const parent = read(document, pointer.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = arrayIndex(last, parent.length);
    if (mode !== 'add' && index >= parent.length) throw inapplicable();
    if (mode === 'add') parent.splice(index, 0, value);
    else if (mode === 'replace') parent[index] = value;
    else parent.splice(index, 1);
  } else if (isRecord(parent)) {
    if (mode !== 'add' && !Object.hasOwn(parent, last)) throw inapplicable();
    if (mode === 'remove') delete parent[last];
    else Object.defineProperty(parent, last, { value, writable: true, enumerable: true, configurable: true });
  } else {
    throw inapplicable();
  }
  return document;
}

/** RFC 7386: null deletes, objects merge, everything else replaces. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = isRecord(document) ? { ...document } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = applyMergePatch(result[name], value);
  }
  return result;
}

// Lists of the served kinds that a strategic merge patch merges by key instead of replacing (`patchMergeKey`).
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
  conditions: 'type',
  ownerReferences: 'uid',
  imagePullSecrets: 'name',
};

export function applyStrategicMergePatch(document: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  if (patch['$patch'] === 'replace') return withoutDirective(patch);
  const result: Record<string, unknown> = isRecord(document) ? { ...document } : {};
  for (const [name, value] of Object.entries(patch)) {
    const key = MERGE_KEYS[name];
    if (value === null) delete result[name];
    else if (key !== undefined && Array.isArray(value))
      result[name] = mergeLists(result[name], value as unknown[], key);
    else result[name] = applyStrategicMergePatch(result[name], value);
  }
  return result;
}

function mergeLists(existing: unknown, patch: readonly unknown[], key: string): unknown[] {
  const replaces = patch.some((item) => isRecord(item) && item['$patch'] === 'replace');
  let result: unknown[] = Array.isArray(existing) && !replaces ? [...(existing as unknown[])] : [];
  for (const item of patch) {
    if (!isRecord(item)) throw badRequest(`a strategic merge patch needs objects with ${key} in this list`);
    if (item['$patch'] === 'replace') continue;
    const at = result.findIndex((other) => isRecord(other) && other[key] === item[key]);
    if (item['$patch'] === 'delete') result = result.filter((_, index) => index !== at);
    else if (at === -1) result.push(structuredClone(item));
    else result[at] = applyStrategicMergePatch(result[at], item);
  }
  return result;
}

function withoutDirective(patch: Record<string, unknown>): Record<string, unknown> {
  const { $patch: _, ...rest } = patch;
  return structuredClone(rest);
}
