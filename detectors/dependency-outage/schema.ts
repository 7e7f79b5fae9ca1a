import { z } from 'zod';

/** What the operator may set under `detectors.dependency-outage`. */
export const DependencyOutageConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload: 1 = also the calls of those that it calls. */
  depth: z.number().int().min(0).max(3).default(1),
  /** Most workloads whose calls are looked at; each costs two queries. */
  maxWorkloads: z.number().int().min(1).max(20).default(4),
  /** Fewer calls per second say nothing. */
  minCallsPerS: z.number().positive().default(0.1),
  /** Share of the calls that have to fail, 0..1. */
  minFailedShare: z.number().min(0.05).max(1).default(0.5),
  /** How many times the usual duration is slow, and by how much at least. */
  minSlowRatio: z.number().min(1.5).default(3),
  minSlowRiseSeconds: z.number().positive().default(0.1),
});
export type DependencyOutageConfig = z.infer<typeof DependencyOutageConfig>;
