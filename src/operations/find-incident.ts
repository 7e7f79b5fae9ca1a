import { HaleError } from '../domain/errors.ts';
import type { Incident } from '../domain/incident.ts';
import type { OperationsDeps } from './deps.ts';

/** Shortest beginning of an id that is looked up. */
const MIN_PREFIX = 4;
/** How many of the newest incidents are looked through for a beginning. */
const LOOKED_THROUGH = 1_000;

/** The incident with this id, or the only one of the newest whose id begins so. Errors: not-found, usage-invalid when several do. */
export async function findIncident(deps: Pick<OperationsDeps, 'store'>, idOrPrefix: string): Promise<Incident> {
  const exact = await deps.store.incident(idOrPrefix);
  if (exact !== null) return exact;

  if (idOrPrefix.length < MIN_PREFIX) {
    throw new HaleError(
      'not-found',
      `no incident has the id ${JSON.stringify(idOrPrefix)}; write at least ${MIN_PREFIX} characters of it`,
    );
  }
  const newest = await deps.store.incidents({ limit: LOOKED_THROUGH });
  const fitting = newest.filter(({ id }) => id.startsWith(idOrPrefix));
  const [only] = fitting;
  if (only === undefined) {
    const advice = 'write the whole id, or list them with: hale incidents --all';
    throw new HaleError(
      'not-found',
      `no incident among the newest ${LOOKED_THROUGH} has an id that begins with ${JSON.stringify(idOrPrefix)}; ${advice}`,
    );
  }
  if (fitting.length > 1) {
    const ids = fitting.slice(0, 5).map(({ id }) => id);
    throw new HaleError(
      'usage-invalid',
      `${fitting.length} incidents begin with ${JSON.stringify(idOrPrefix)}: ${ids.join(', ')}; write more of the id`,
    );
  }
  return only;
}
