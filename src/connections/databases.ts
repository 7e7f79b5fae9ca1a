import { z } from 'zod';
import type { Subject } from '../domain/subject.ts';

const UsedBy = z
  .string()
  .regex(
    /^[a-z0-9.-]+\/(?:[a-z0-9.-]+|\*)$/,
    'namespace/name of a workload, like shop/orders; shop/* = all of the namespace',
  );

/** Database servers, each with exact labels of its exporter's series. With exactly one, every workload is assumed to be on it. */
export const KnownDatabases = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      matchers: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name'), z.string().min(1)),
      usedBy: z.array(UsedBy).min(1).optional(),
    }),
  )
  .default([]);
export type KnownDatabases = z.infer<typeof KnownDatabases>;

/** The database behind a workload: the one declared to be used by it, else the only one that is known. */
export type DatabaseLink =
  | { readonly link: 'declared' | 'assumed'; readonly database: KnownDatabases[number] }
  | { readonly link: 'none'; readonly why: string };

export function databaseOf(
  { namespace, name }: Pick<Subject, 'namespace' | 'name'>,
  databases: KnownDatabases,
): DatabaseLink {
  const declared = databases.filter((database) =>
    database.usedBy?.some((user) => user === `${namespace}/${name}` || user === `${namespace}/*`),
  );
  const [own, another] = declared;
  if (own !== undefined && another === undefined) return { link: 'declared', database: own };
  const [only] = databases;
  if (only !== undefined && databases.length === 1 && only.usedBy === undefined)
    return { link: 'assumed', database: only };
  return { link: 'none', why: whyNone(databases.length, declared.length) };
}

function whyNone(known: number, declared: number): string {
  if (known === 0) return 'the database server is not known: name it under databases';
  if (declared > 1) return 'it uses several databases, so none can be held against the pool';
  return 'which of the known databases it uses is not declared: name it under usedBy';
}
