import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { hashText } from '../random.ts';
import type { ObjectStore, WatchEvent } from './object-store.ts';
import type { DeploymentSpec, KubeObject, OwnerReference, PodTemplate } from './objects.ts';
import { deepEqual, kubeTime } from './objects.ts';
import type { PodRunner } from './pod-runner.ts';
import { createPodRunner } from './pod-runner.ts';
import type { Resource } from './resources.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const TEMPLATE_HASH = 'pod-template-hash';
const SYNC_DELAY_MS = 20;
// The API server's alphabet for generated names: no vowels, so that no words appear.
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

export interface ControllerOptions {
  clock: Clock;
  random: Random;
  store: ObjectStore;
  resources: { deployments: Resource; replicaSets: Resource; pods: Resource };
  podStartMs: number;
  podStopMs: number;
}

export interface DeploymentController {
  /** Brings one Deployment all the way at once: its pods are ready when this returns. For seeding a world. */
  settle(deployment: KubeObject): void;
  pods: PodRunner;
  stop(): void;
}

/** Deployment and ReplicaSet controllers in one: rolling updates, scaling, garbage collection, status. */
export function createDeploymentController(options: ControllerOptions): DeploymentController {
  const { clock, random, store, resources } = options;
  const pods = createPodRunner(options);
  const children = new Map<string, Map<string, KubeObject>>();
  const queued = new Map<string, () => void>();
  let paused = false;

  const ownerUid = (object: KubeObject): string | undefined =>
    object.metadata.ownerReferences?.find((owner) => owner.controller === true)?.uid;
  const childrenOf = (object: KubeObject): KubeObject[] => [...(children.get(object.metadata.uid)?.values() ?? [])];
  const letters = (count: number, pick: () => number): string =>
    Array.from({ length: count }, () => NAME_LETTERS[pick() % NAME_LETTERS.length]).join('');

  const enqueue = (namespace: string | undefined, name: string): void => {
    const key = `${namespace}/${name}`;
    if (paused || queued.has(key)) return;
    const run = (): void => {
      queued.delete(key);
      const deployment = store.get(resources.deployments, namespace, name);
      if (deployment !== undefined) sync(deployment);
    };
    queued.set(key, clock.setTimer(SYNC_DELAY_MS, run));
  };

  const onEvent = (resource: Resource, { type, object }: WatchEvent): void => {
    const { namespace, name, uid } = object.metadata;
    const isOwned = resource === resources.pods || resource === resources.replicaSets;
    const owner = isOwned ? ownerUid(object) : undefined;
    if (owner !== undefined) {
      const siblings = children.get(owner) ?? new Map<string, KubeObject>();
      if (type === 'DELETED') siblings.delete(name);
      else siblings.set(name, object);
      children.set(owner, siblings);
    }
    if (type === 'DELETED') collectGarbage(object);
    if (resource === resources.deployments && type !== 'DELETED') enqueue(namespace, name);
    else if (resource === resources.replicaSets) enqueueOwner(object);
    else if (resource === resources.pods) {
      const replicaSet = object.metadata.ownerReferences?.find((one) => one.kind === 'ReplicaSet');
      if (replicaSet !== undefined) {
        const found = store.get(resources.replicaSets, namespace, replicaSet.name);
        if (found?.metadata.uid === replicaSet.uid) enqueueOwner(found);
      }
    }
    if (type === 'DELETED') children.delete(uid);
  };
  const enqueueOwner = (replicaSet: KubeObject): void => {
    const owner = replicaSet.metadata.ownerReferences?.find((one) => one.kind === 'Deployment');
    if (owner !== undefined) enqueue(replicaSet.metadata.namespace, owner.name);
  };
  const collectGarbage = (object: KubeObject): void => {
    for (const child of childrenOf(object)) {
      if (child.kind === 'Pod') pods.terminate(child);
      else store.remove(resources.replicaSets, child.metadata.namespace, child.metadata.name);
    }
  };

  const sync = (deployment: KubeObject): void => {
    const spec = deployment.spec as DeploymentSpec;
    const replicaSets = childrenOf(deployment);
    const current = replicaSets.find((one) => isSameTemplate(one, spec.template));
    if (current === undefined && spec.paused !== true) {
      createReplicaSet(deployment, replicaSets);
    } else if (current !== undefined) {
      roll(spec, bumpRevision(deployment, current, replicaSets), replicaSets);
    }
    for (const replicaSet of childrenOf(deployment)) syncReplicaSet(replicaSet);
    writeStatus(store.get(resources.deployments, deployment.metadata.namespace, deployment.metadata.name));
  };

  const createReplicaSet = (deployment: KubeObject, older: readonly KubeObject[]): void => {
    const spec = deployment.spec as DeploymentSpec;
    let seed = hashText(JSON.stringify(spec.template));
    const hash = letters(10, () => (seed = hashText(`${seed}`)));
    const revision = nextRevision(older);
    const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH]: hash };
    const running = older.reduce((sum, one) => sum + Number(one.spec?.['replicas'] ?? 0), 0);
    store.create(resources.replicaSets, {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        ...(deployment.metadata.namespace === undefined ? {} : { namespace: deployment.metadata.namespace }),
        labels,
        annotations: { ...withoutKubectl(deployment.metadata.annotations), [REVISION]: String(revision) },
        ownerReferences: [ownedBy(deployment)],
      },
      spec: {
        replicas: running === 0 ? spec.replicas : 0,
        selector: { matchLabels: { ...spec.selector.matchLabels, [TEMPLATE_HASH]: hash } },
        template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
      },
      status: { replicas: 0 },
    });
    setRevision(deployment, revision);
    // The new ReplicaSet wakes the Deployment again, so that the roll goes on from there.
  };
  const setRevision = (deployment: KubeObject, revision: number): void => {
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(revision) };
    store.update(resources.deployments, { ...deployment, metadata: { ...deployment.metadata, annotations } });
  };
  const bumpRevision = (deployment: KubeObject, current: KubeObject, all: readonly KubeObject[]): KubeObject => {
    const others = all.filter((one) => one !== current);
    const newest = nextRevision(others);
    if (others.length === 0 || revisionOf(current) >= newest) return current;
    // A rollback: the old template is the newest revision again.
    setRevision(deployment, newest);
    const annotations = { ...current.metadata.annotations, [REVISION]: String(newest) };
    return store.update(resources.replicaSets, { ...current, metadata: { ...current.metadata, annotations } });
  };

  const scaleReplicaSet = (replicaSet: KubeObject, replicas: number): void => {
    if (replicaSet.spec?.['replicas'] === replicas) return;
    const fresh = store.get(resources.replicaSets, replicaSet.metadata.namespace, replicaSet.metadata.name);
    if (fresh !== undefined) store.update(resources.replicaSets, { ...fresh, spec: { ...fresh.spec, replicas } });
  };

  const roll = (spec: DeploymentSpec, current: KubeObject, all: readonly KubeObject[]): void => {
    const old = all.filter((one) => one.metadata.uid !== current.metadata.uid);
    const oldWanted = old.reduce((sum, one) => sum + Number(one.spec?.['replicas'] ?? 0), 0);
    if (oldWanted === 0 && old.every((one) => spec.strategy?.type !== 'Recreate' || childrenOf(one).length === 0)) {
      scaleReplicaSet(current, spec.replicas);
      return;
    }
    if (spec.paused === true) return;
    if (spec.strategy?.type === 'Recreate') {
      for (const one of old) scaleReplicaSet(one, 0);
      return;
    }
    const surge = share(spec.strategy?.rollingUpdate?.maxSurge, spec.replicas, Math.ceil);
    const mayMiss = share(spec.strategy?.rollingUpdate?.maxUnavailable, spec.replicas, Math.floor);
    const room = spec.replicas + Math.max(surge, mayMiss === 0 ? 1 : 0) - oldWanted;
    scaleReplicaSet(current, Math.min(spec.replicas, Math.max(room, Number(current.spec?.['replicas'] ?? 0))));
    const ready = [current, ...old].flatMap(childrenOf).filter(isReady).length;
    let removable = ready - (spec.replicas - mayMiss);
    for (const one of old) {
      const wanted = Number(one.spec?.['replicas'] ?? 0);
      const broken = Math.max(0, wanted - childrenOf(one).filter(isReady).length);
      const cut = Math.min(wanted, broken + Math.max(0, removable));
      if (cut > 0) scaleReplicaSet(one, wanted - cut);
      removable -= cut - broken;
    }
  };

  const syncReplicaSet = (replicaSet: KubeObject): void => {
    const wanted = Number(replicaSet.spec?.['replicas'] ?? 0);
    const alive = childrenOf(replicaSet).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    for (let count = alive.length; count < wanted; count++) {
      const template = replicaSet.spec?.['template'] as PodTemplate;
      const name = `${replicaSet.metadata.name}-${letters(5, () => random.below(NAME_LETTERS.length))}`;
      pods.create(name, replicaSet.metadata.namespace, template, ownedBy(replicaSet));
    }
    // Those that are not ready go first, then the youngest, as in the real controller.
    const doomed = [...alive].sort(
      (a, b) =>
        Number(isReady(a)) - Number(isReady(b)) ||
        Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion),
    );
    for (const pod of doomed.slice(0, Math.max(0, alive.length - wanted))) pods.terminate(pod);
    const left = childrenOf(replicaSet).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const ready = left.filter(isReady).length;
    const status = {
      replicas: left.length,
      fullyLabeledReplicas: left.length,
      readyReplicas: ready,
      availableReplicas: ready,
      observedGeneration: replicaSet.metadata.generation ?? 1,
    };
    const fresh = store.get(resources.replicaSets, replicaSet.metadata.namespace, replicaSet.metadata.name);
    if (fresh !== undefined && !deepEqual(fresh.status, status))
      store.update(resources.replicaSets, { ...fresh, status });
  };

  const writeStatus = (deployment: KubeObject | undefined): void => {
    if (deployment === undefined) return;
    const spec = deployment.spec as DeploymentSpec;
    const replicaSets = childrenOf(deployment);
    const alive = (sets: readonly KubeObject[]): KubeObject[] =>
      sets.flatMap(childrenOf).filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const all = alive(replicaSets);
    const ready = all.filter(isReady).length;
    const updated = alive(replicaSets.filter((one) => isSameTemplate(one, spec.template))).length;
    const isDone = updated === spec.replicas && all.length === updated && ready >= spec.replicas;
    const mayMiss = share(spec.strategy?.rollingUpdate?.maxUnavailable, spec.replicas, Math.floor);
    const conditions = mergeConditions(deployment.status?.['conditions'], clock.now(), [
      ready >= spec.replicas - mayMiss
        ? {
            type: 'Available',
            status: 'True',
            reason: 'MinimumReplicasAvailable',
            message: 'Deployment has minimum availability.',
          }
        : {
            type: 'Available',
            status: 'False',
            reason: 'MinimumReplicasUnavailable',
            message: 'Deployment does not have minimum availability.',
          },
      isDone
        ? {
            type: 'Progressing',
            status: 'True',
            reason: 'NewReplicaSetAvailable',
            message: 'ReplicaSet has successfully progressed.',
          }
        : { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: 'ReplicaSet is progressing.' },
    ]);
    const missing = Math.max(0, Math.max(all.length, spec.replicas) - ready);
    const status = {
      observedGeneration: deployment.metadata.generation ?? 1,
      replicas: all.length,
      updatedReplicas: updated,
      readyReplicas: ready,
      availableReplicas: ready,
      ...(missing > 0 ? { unavailableReplicas: missing } : {}),
      conditions,
    };
    if (!deepEqual(deployment.status, status)) store.update(resources.deployments, { ...deployment, status });
  };

  const unsubscribe = store.subscribe(onEvent);
  return {
    pods,
    settle(deployment) {
      paused = true;
      try {
        for (let round = 0; round < 2; round++) {
          const fresh = store.get(resources.deployments, deployment.metadata.namespace, deployment.metadata.name);
          if (fresh !== undefined) sync(fresh);
          for (const replicaSet of childrenOf(deployment))
            for (const pod of childrenOf(replicaSet)) pods.makeReady(pod);
        }
        const fresh = store.get(resources.deployments, deployment.metadata.namespace, deployment.metadata.name);
        if (fresh !== undefined) sync(fresh);
      } finally {
        paused = false;
      }
    },
    stop() {
      unsubscribe();
      for (const cancel of queued.values()) cancel();
      queued.clear();
      pods.stop();
    },
  };
}

export function isReady(pod: KubeObject): boolean {
  const conditions = pod.status?.['conditions'] as { type: string; status: string }[] | undefined;
  const isUp = conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
  return isUp && pod.metadata.deletionTimestamp === undefined;
}

export function ownedBy(owner: KubeObject): OwnerReference {
  const { name, uid } = owner.metadata;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function isSameTemplate(replicaSet: KubeObject, template: PodTemplate): boolean {
  const own = replicaSet.spec?.['template'] as PodTemplate;
  const { [TEMPLATE_HASH]: _, ...labels } = own.metadata?.labels ?? {};
  return deepEqual(
    { ...own, metadata: { ...own.metadata, labels } },
    { ...template, metadata: { ...template.metadata, labels: template.metadata?.labels ?? {} } },
  );
}

function withoutKubectl(annotations: Record<string, string> = {}): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...rest } = annotations;
  return rest;
}

function revisionOf(replicaSet: KubeObject): number {
  return Number(replicaSet.metadata.annotations?.[REVISION] ?? 0);
}

function nextRevision(replicaSets: readonly KubeObject[]): number {
  return Math.max(0, ...replicaSets.map(revisionOf)) + 1;
}

function share(value: number | string | undefined, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number.parseFloat(value ?? '25') / 100) * total);
}

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

function mergeConditions(existing: unknown, nowMs: number, next: readonly Condition[]): unknown[] {
  const known = (existing ?? []) as (Condition & { lastUpdateTime: string; lastTransitionTime: string })[];
  const now = kubeTime(nowMs);
  return next.map((condition) => {
    const before = known.find((one) => one.type === condition.type);
    if (before === undefined) return { ...condition, lastUpdateTime: now, lastTransitionTime: now };
    if (before.status === condition.status && before.reason === condition.reason) return before;
    const lastTransitionTime = before.status === condition.status ? before.lastTransitionTime : now;
    return { ...condition, lastUpdateTime: now, lastTransitionTime };
  });
}
