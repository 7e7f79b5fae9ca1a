import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.memory-leak`. */
export const MemoryLeakConfig = z.strictObject({
  /** Memory that will reach its limit later is not told. */
  within: DurationMs.prefault('6h'),
  /** Least growth over the time that is looked at, as a share of the limit. */
  minGrowthShare: z.number().min(0.01).max(1).default(0.05),
  /** Load that rose by more than this share, and by half as much as the memory or more, explains the growth. */
  maxLoadGrowth: z.number().positive().default(0.1),
  /** Share of the pods that have to grow, 0..1. */
  minPodShare: z.number().min(0).max(1).default(0.5),
});
export type MemoryLeakConfig = z.infer<typeof MemoryLeakConfig>;
