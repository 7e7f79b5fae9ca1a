import type { KubeObject, ManagedField } from './objects.ts';
import { deepEqual, isRecord, kubeTime } from './objects.ts';

// Fields that the server sets itself; nobody owns them.
const UNOWNED: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'metadata.resourceVersion',
  'metadata.generation',
  'metadata.creationTimestamp',
  'metadata.deletionTimestamp',
  'metadata.managedFields',
]);

/** Paths of leaves that differ. Lists count as one leaf, which is coarser than the real server for lists with keys. */
function changedLeaves(before: unknown, after: unknown, path: readonly string[] = []): string[][] {
  if (deepEqual(before, after) || UNOWNED.has(path.join('.'))) return [];
  if (!isRecord(after)) return after === undefined ? [] : [[...path]];
  const known = isRecord(before) ? before : {};
  return Object.keys(after).flatMap((name) => changedLeaves(known[name], after[name], [...path, name]));
}

function leavesOf(tree: Record<string, unknown>, path: readonly string[] = []): string[][] {
  const entries = Object.entries(tree);
  if (entries.length === 0) return path.length === 0 ? [] : [[...path]];
  return entries.flatMap(([name, inner]) => leavesOf(inner as Record<string, unknown>, [...path, name.slice(2)]));
}

function treeOf(leaves: readonly (readonly string[])[]): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const leaf of leaves) {
    let at = tree;
    for (const step of leaf) at = (at[`f:${step}`] ??= {}) as Record<string, unknown>;
  }
  return tree;
}

const keyOf = (leaf: readonly string[]): string => leaf.join('\u0000');

export interface Writer {
  manager: string;
  nowMs: number;
  subresource?: string;
}

/** Who wrote which field last: the changed fields pass from their former owners to this writer. */
export function recordOwnership(before: KubeObject | undefined, after: KubeObject, writer: Writer): ManagedField[] {
  const known = before?.metadata.managedFields ?? [];
  const changed = changedLeaves(before, after);
  if (changed.length === 0) return known;
  const taken = new Set(changed.map(keyOf));
  const isWriter = (entry: ManagedField): boolean =>
    entry.manager === writer.manager && entry.subresource === writer.subresource && entry.operation === 'Update';
  const others = known
    .filter((entry) => !isWriter(entry))
    .map((entry) => ({
      ...entry,
      fieldsV1: treeOf(leavesOf(entry.fieldsV1).filter((leaf) => !taken.has(keyOf(leaf)))),
    }))
    .filter((entry) => Object.keys(entry.fieldsV1).length > 0);
  const own = known.filter(isWriter).flatMap((entry) => leavesOf(entry.fieldsV1));
  return [
    ...others,
    {
      manager: writer.manager,
      operation: 'Update',
      apiVersion: after.apiVersion,
      time: kubeTime(writer.nowMs),
      fieldsType: 'FieldsV1',
      fieldsV1: treeOf([...own, ...changed]),
      ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
    },
  ];
}
