import type { Subject } from '../domain/subject.ts';

/** A database server of the catalogue: which series of the exporters are its own, and who uses it. */
export interface CatalogueDatabase {
  readonly name: string;
  readonly matchers: Readonly<Record<string, string>>;
  /** Workloads as `namespace/name`. */
  readonly usedBy?: readonly string[] | undefined;
}

export type DatabaseUse =
  | { readonly kind: 'none' }
  | { readonly kind: 'database'; readonly database: CatalogueDatabase }
  | { readonly kind: 'undeclared'; readonly why: string };

/**
 * Which database a workload uses, by declaration only: the policy's `database: none | NAME`, else `usedBy` of the catalogue.
 * Declarations that contradict each other or name what does not exist say nothing: the capacity guard then holds.
 */
export function databaseOf(
  subject: Subject,
  declared: string | null,
  catalogue: readonly CatalogueDatabase[],
): DatabaseUse {
  const workload = `${subject.namespace}/${subject.name}`;
  const used = catalogue.filter((database) => database.usedBy?.includes(workload));
  const usedNames = used.map((database) => database.name).join(', ');

  if (declared === 'none') {
    if (used.length === 0) return { kind: 'none' };
    return {
      kind: 'undeclared',
      why: `the policy says that ${workload} uses no database, the catalogue says ${usedNames}`,
    };
  }
  if (declared !== null) {
    const database = catalogue.find((candidate) => candidate.name === declared);
    if (database !== undefined) return { kind: 'database', database };
    const names = catalogue.map((candidate) => candidate.name).join(', ') || 'none';
    return { kind: 'undeclared', why: `the policy names database ${declared}; the catalogue has: ${names}` };
  }
  const [only] = used;
  if (only !== undefined && used.length === 1) return { kind: 'database', database: only };
  if (used.length > 1)
    return { kind: 'undeclared', why: `${workload} uses several databases (${usedNames}); name one` };
  return { kind: 'undeclared', why: `whether ${workload} uses a database is not declared` };
}
