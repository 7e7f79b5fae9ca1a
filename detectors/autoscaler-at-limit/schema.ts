import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.autoscaler-at-limit`. */
export const AutoscalerAtLimitConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(3).default(1),
  /** How long it has to be at its maximum and want more; it decides every 15 s, and is told only where users are hurt. */
  atLimitFor: DurationMs.prefault('90s'),
  /** How far its metric has to be over the target, as a share of it: the autoscaler itself tolerates a tenth. */
  minOverTarget: z.number().min(0.05).default(0.1),
});
export type AutoscalerAtLimitConfig = z.infer<typeof AutoscalerAtLimitConfig>;
