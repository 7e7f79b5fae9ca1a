import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.log-signature`. */
export const LogSignatureConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(2),
  /** Most workloads whose log is looked at. */
  maxWorkloads: z.number().int().min(1).max(50).default(6),
  /** Fewer lines than this say nothing. */
  minLines: z.number().int().min(1).default(3),
  /** How many times as often as usual they have to come. */
  minRatio: z.number().min(1.1).default(3),
  /** Lines that ended longer ago explain nothing of now. */
  within: DurationMs.prefault('10m'),
});
export type LogSignatureConfig = z.infer<typeof LogSignatureConfig>;
