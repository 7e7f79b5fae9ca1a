import { z } from 'zod';

const UsedBy = z
  .string()
  .regex(
    /^[a-z0-9.-]+\/(?:[a-z0-9.-]+|\*)$/,
    'namespace/name of a workload, like shop/orders; shop/* = all of the namespace',
  );

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
  /** Database servers, each with exact labels of its exporter's series. With exactly one, every pool is assumed to be on it. */
  databases: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        matchers: z.record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name'), z.string().min(1)),
        usedBy: z.array(UsedBy).min(1).optional(),
      }),
    )
    .default([]),
});
export type PoolExhaustionConfig = z.infer<typeof PoolExhaustionConfig>;
