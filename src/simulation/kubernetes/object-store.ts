import type { Random } from '../random.ts';
import type { KubeObject } from './objects.ts';
import { deepEqual, kubeTime } from './objects.ts';
import type { Resource } from './resources.ts';
import { qualifiedName } from './resources.ts';
import { conflict, MODIFIED, notFound, StatusError } from './status-error.ts';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  /** What the object was before, for watches whose selector it enters or leaves. */
  previous: KubeObject | undefined;
  revision: number;
}

export type ObjectDraft = Pick<KubeObject, 'apiVersion' | 'kind'> & {
  metadata: Partial<KubeObject['metadata']> & { name: string };
  [field: string]: unknown;
};

export interface ObjectStore {
  revision(): number;
  list(resource: Resource, namespace?: string): KubeObject[];
  get(resource: Resource, namespace: string | undefined, name: string): KubeObject | undefined;
  create(resource: Resource, draft: ObjectDraft): KubeObject;
  /** Replaces; answers the stored object unchanged when nothing differs. 409 when the resourceVersion is stale. */
  update(resource: Resource, next: KubeObject): KubeObject;
  remove(resource: Resource, namespace: string | undefined, name: string): KubeObject;
  /** Everything after that revision, or undefined when that is compacted away. */
  eventsAfter(resource: Resource, revision: number): WatchEvent[] | undefined;
  isCompacted(revision: number): boolean;
  /** Forgets all history: whoever names an older revision is told 410. */
  compact(): void;
  subscribe(listener: (resource: Resource, event: WatchEvent) => void): () => void;
}

const KEPT_EVENTS = 2_000;

interface Shelf {
  objects: Map<string, KubeObject>;
  events: WatchEvent[];
  /** Revisions up to here are no longer complete. */
  floor: number;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

/** What etcd is to a real cluster: objects by key, one revision counter, a bounded history per kind. */
export function createObjectStore({ now, random }: { now: () => number; random: Random }): ObjectStore {
  const shelves = new Map<string, Shelf>();
  const listeners = new Set<(resource: Resource, event: WatchEvent) => void>();
  let revision = 1;
  let floor = 0;

  const shelfOf = (resource: Resource): Shelf => {
    let shelf = shelves.get(resource.storage);
    if (shelf === undefined) {
      shelf = { objects: new Map(), events: [], floor: 0 };
      shelves.set(resource.storage, shelf);
    }
    return shelf;
  };
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  const makeUid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  const publish = (resource: Resource, type: WatchEvent['type'], object: KubeObject, previous?: KubeObject): void => {
    const shelf = shelfOf(resource);
    const event: WatchEvent = { type, object, previous, revision };
    shelf.events.push(event);
    if (shelf.events.length > KEPT_EVENTS * 2) {
      shelf.events = shelf.events.slice(-KEPT_EVENTS);
      shelf.floor = (shelf.events[0] as WatchEvent).revision - 1;
    }
    for (const listener of listeners) listener(resource, event);
  };

  return {
    revision: () => revision,
    list(resource, namespace) {
      const all = [...shelfOf(resource).objects.entries()];
      const chosen = namespace === undefined ? all : all.filter(([key]) => key.startsWith(`${namespace}/`));
      return chosen.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    get: (resource, namespace, name) => shelfOf(resource).objects.get(keyOf(namespace, name)),
    create(resource, draft) {
      const { objects } = shelfOf(resource);
      const key = keyOf(draft.metadata.namespace, draft.metadata.name);
      if (objects.has(key)) {
        const details = { name: draft.metadata.name, kind: resource.plural };
        throw new StatusError(
          409,
          'AlreadyExists',
          `${qualifiedName(resource)} "${draft.metadata.name}" already exists`,
          details,
        );
      }
      revision++;
      const object = structuredClone(draft) as KubeObject;
      object.metadata = {
        ...object.metadata,
        uid: makeUid(),
        resourceVersion: String(revision),
        creationTimestamp: kubeTime(now()),
        ...('spec' in draft ? { generation: 1 } : {}),
      };
      objects.set(key, object);
      publish(resource, 'ADDED', object);
      return object;
    },
    update(resource, next) {
      const { objects } = shelfOf(resource);
      const key = keyOf(next.metadata.namespace, next.metadata.name);
      const previous = objects.get(key);
      if (previous === undefined) throw notFound(qualifiedName(resource), next.metadata.name);
      if (next.metadata.resourceVersion !== previous.metadata.resourceVersion) {
        throw conflict(qualifiedName(resource), next.metadata.name, MODIFIED);
      }
      if (deepEqual(previous, next)) return previous;
      revision++;
      const object = structuredClone(next);
      object.metadata.resourceVersion = String(revision);
      if (previous.metadata.generation !== undefined) {
        const isSameSpec = deepEqual(previous.spec, next.spec);
        object.metadata.generation = previous.metadata.generation + (isSameSpec ? 0 : 1);
      }
      objects.set(key, object);
      publish(resource, 'MODIFIED', object, previous);
      return object;
    },
    remove(resource, namespace, name) {
      const { objects } = shelfOf(resource);
      const previous = objects.get(keyOf(namespace, name));
      if (previous === undefined) throw notFound(qualifiedName(resource), name);
      revision++;
      objects.delete(keyOf(namespace, name));
      const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(revision) } };
      publish(resource, 'DELETED', object, previous);
      return object;
    },
    eventsAfter(resource, after) {
      const shelf = shelfOf(resource);
      if (after < Math.max(floor, shelf.floor)) return undefined;
      return shelf.events.filter((event) => event.revision > after);
    },
    isCompacted: (asked) => asked < floor,
    compact() {
      revision++;
      floor = revision;
      for (const shelf of shelves.values()) shelf.events = [];
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
