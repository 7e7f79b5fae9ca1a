import { z } from 'zod';
import { KnownDatabases } from '../../src/connections/index.ts';

/** What the operator may set under `detectors.lock-waits`. */
export const LockWaitsConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(2),
  /** Sessions that wait for a lock, the median of the last 45 seconds. */
  minWaiting: z.number().int().min(1).default(2),
  /** A transaction that is open for so long may be the one that holds the lock. */
  minTransactionSeconds: z.number().positive().default(15),
  databases: KnownDatabases,
});
export type LockWaitsConfig = z.infer<typeof LockWaitsConfig>;
