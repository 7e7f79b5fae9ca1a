/** The connection slots of one PostgreSQL server. */
export interface Database {
  readonly maxConnections: number;
  readonly reservedConnections: number;
  /** False is the server's 53300: sorry, too many clients already. */
  open(user: string): boolean;
  close(user: string): void;
  /** Clients outside the shop: takes or gives back until it holds this many, as far as slots are free. */
  holdOthers(user: string, wanted: number): void;
  connections(): ReadonlyMap<string, number>;
}

export function createDatabase({
  maxConnections,
  reservedConnections,
}: {
  maxConnections: number;
  reservedConnections: number;
}): Database {
  const held = new Map<string, number>();
  const freeSlots = (): number => {
    let used = 0;
    for (const count of held.values()) used += count;
    return maxConnections - reservedConnections - used;
  };
  const add = (user: string, by: number): void => {
    held.set(user, (held.get(user) ?? 0) + by);
  };
  return {
    maxConnections,
    reservedConnections,
    open(user) {
      if (freeSlots() <= 0) return false;
      add(user, 1);
      return true;
    },
    close: (user) => add(user, -1),
    holdOthers(user, wanted) {
      const change = wanted - (held.get(user) ?? 0);
      add(user, Math.min(change, Math.max(0, freeSlots())));
    },
    connections: () => held,
  };
}
