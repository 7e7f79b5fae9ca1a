import { type Database, integerOf } from './database.ts';

/** Row numbers that are remembered, so that a count costs one statement. */
const MAX_REMEMBERED = 50_000;

/** The numbers of names in a table, remembered; a name that is new is written first. */
export function createNumbering(db: Database, find: string, add: (name: string) => void) {
  const known = new Map<string, number>();
  return {
    of(name: string): number {
      let id = known.get(name);
      if (id !== undefined) return id;
      let row = db.get(find, name);
      if (row === undefined) {
        add(name);
        row = db.get(find, name);
      }
      id = integerOf(row ?? {}, 'id');
      if (known.size >= MAX_REMEMBERED) known.clear();
      known.set(name, id);
      return id;
    },
    forget: () => known.clear(),
  };
}
