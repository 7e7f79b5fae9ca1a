import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.bad-release`. */
export const BadReleaseConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(3).default(2),
  /** Most workloads looked at; each costs two to five queries. */
  maxWorkloads: z.number().int().min(1).max(20).default(4),
  /** A release that is longer ago is not blamed. */
  within: DurationMs.prefault('60m'),
  /** The first moments of a new revision do not count: caches are cold. */
  warmUp: DurationMs.prefault('90s'),
  /** Users have to be worse off within this time after the new revision began to serve. */
  shownWithin: DurationMs.prefault('15m'),
  /** Share of requests of the new revision that fail, at least, and how many times the share of the revision before. */
  minErrorShare: z.number().min(0.001).max(1).default(0.02),
  minErrorRatio: z.number().min(1.5).default(3),
  /** How many times the mean duration of the revision before is slower, and by how much at least. */
  minSlowRatio: z.number().min(1.2).default(2),
  minSlowRiseSeconds: z.number().positive().default(0.05),
  /** Fewer requests per second of a revision say nothing. */
  minRatePerS: z.number().positive().default(0.3),
});
export type BadReleaseConfig = z.infer<typeof BadReleaseConfig>;
