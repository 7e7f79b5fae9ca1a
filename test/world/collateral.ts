import type { MayMove } from './fault.ts';

/** What a repair could have touched, at one moment. */
export interface ClusterSnapshot {
  /** By `Kind namespace/name`: everything of the object but its status and bookkeeping. */
  readonly objects: ReadonlyMap<string, unknown>;
  readonly pods: readonly PodSnapshot[];
}

export interface PodSnapshot {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** `Kind namespace/name` of the workload at the top of the owner chain. */
  readonly workload: string | undefined;
  readonly restarts: number;
}

/** One line for each thing that moved and was not allowed to; empty is what a careful repair leaves behind. */
export function collateral(before: ClusterSnapshot, after: ClusterSnapshot, allowed: readonly MayMove[]): string[] {
  const rules = new Map(allowed.map((it) => [`${it.kind} ${it.namespace}/${it.name}`, it]));
  const lines: string[] = [];
  for (const key of new Set([...before.objects.keys(), ...after.objects.keys()])) {
    if (!after.objects.has(key)) lines.push(`${key} was deleted`);
    else if (!before.objects.has(key)) lines.push(`${key} was created`);
    else {
      for (const path of changedPaths(before.objects.get(key), after.objects.get(key))) {
        if (!rules.get(key)?.fields.some((it) => covers(it, path))) lines.push(`${key} changed at ${path}`);
      }
    }
  }
  const podsBefore = new Map(before.pods.map((it) => [it.uid, it]));
  const podsAfter = new Map(after.pods.map((it) => [it.uid, it]));
  for (const pod of new Map([...podsBefore, ...podsAfter]).values()) {
    const may = rules.get(pod.workload ?? '')?.pods ?? 'stay';
    const was = podsBefore.get(pod.uid);
    const is = podsAfter.get(pod.uid);
    const name = `Pod ${pod.namespace}/${pod.name}`;
    if (was === undefined || is === undefined) {
      if (may === 'stay') lines.push(`${name} was ${was === undefined ? 'created' : 'deleted'}`);
    } else if (is.restarts > was.restarts && may !== 'restart') {
      lines.push(`${name} was restarted ${is.restarts - was.restarts} times`);
    }
  }
  return lines.sort();
}

function covers(allowed: string, path: string): boolean {
  return path === allowed || path.startsWith(`${allowed}.`);
}

/** Paths at which two JSON values differ, as deep as both are objects; lists are compared whole. */
export function changedPaths(before: unknown, after: unknown, path = ''): string[] {
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      changedPaths(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
