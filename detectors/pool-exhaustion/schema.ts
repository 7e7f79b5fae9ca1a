import { z } from 'zod';
import { KnownDatabases } from '../../src/connections/index.ts';

/** What the operator may set under `detectors.pool-exhaustion`. */
export const PoolExhaustionConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(3),
  /** Most workloads looked at; each costs one query. */
  maxWorkloads: z.number().int().min(1).max(50).default(12),
  /** Somebody waited at this share of the moments of the last minute, or more. */
  minWaitingShare: z.number().min(0).max(1).default(0.5),
  /** A database server counts as full from this share of its usable connections on. */
  fullShare: z.number().min(0.5).max(1).default(0.95),
  databases: KnownDatabases,
});
export type PoolExhaustionConfig = z.infer<typeof PoolExhaustionConfig>;
