/** Records of one kind by namespace and name. */
export interface Table<T> {
  get(namespace: string, name: string): T | undefined;
  of(namespace: string): Iterable<T>;
  all(): Iterable<T>;
  set(namespace: string, name: string, record: T): void;
  remove(namespace: string, name: string): void;
  /** One that was removed, as it was last, while it is among the newest `goneKept`. */
  gone(namespace: string, name: string): T | undefined;
  /** Grows with every change of a record of the namespace: what was worked out from them stays true while it is the same. */
  revision(namespace: string): number;
  /** Collects a whole new content, which takes the place of the old one at once: readers never see half a list. */
  refill(scope: string | null): { add(namespace: string, name: string, record: T): void; commit(): void };
}

export function createTable<T>({ goneKept = 0 }: { readonly goneKept?: number } = {}): Table<T> {
  const gone = new Map<string, T>();
  let content = new Map<string, Map<string, T>>();
  let changes = 0;
  let allChangedAt = 0;
  const changedAt = new Map<string, number>();
  const changed = (namespace: string): void => {
    changes += 1;
    changedAt.set(namespace, changes);
  };
  const put = (into: Map<string, Map<string, T>>, namespace: string, name: string, record: T): void => {
    const records = into.get(namespace);
    if (records === undefined) into.set(namespace, new Map([[name, record]]));
    else records.set(name, record);
  };
  return {
    get: (namespace, name) => content.get(namespace)?.get(name),
    of: (namespace) => content.get(namespace)?.values() ?? [],
    *all() {
      for (const records of content.values()) yield* records.values();
    },
    set(namespace, name, record) {
      changed(namespace);
      put(content, namespace, name, record);
    },
    revision: (namespace) => Math.max(allChangedAt, changedAt.get(namespace) ?? 0),
    remove(namespace, name) {
      changed(namespace);
      const records = content.get(namespace);
      const last = records?.get(name);
      if (last !== undefined && goneKept > 0) {
        gone.set(`${namespace}/${name}`, last);
        const [oldest] = gone.keys();
        if (gone.size > goneKept && oldest !== undefined) gone.delete(oldest);
      }
      records?.delete(name);
      if (records?.size === 0) content.delete(namespace);
    },
    gone: (namespace, name) => gone.get(`${namespace}/${name}`),
    refill(scope) {
      const next = new Map<string, Map<string, T>>();
      return {
        add: (namespace, name, record) => put(next, namespace, name, record),
        commit() {
          changes += 1;
          if (scope === null) allChangedAt = changes;
          else changedAt.set(scope, changes);
          if (scope === null) content = next;
          else if (next.has(scope)) content.set(scope, next.get(scope) ?? new Map());
          else content.delete(scope);
        },
      };
    },
  };
}
