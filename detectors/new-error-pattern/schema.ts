import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.new-error-pattern`. */
export const NewErrorPatternConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(2),
  /** Most workloads whose log is looked at. */
  maxWorkloads: z.number().int().min(1).max(50).default(6),
  /** Fewer lines than this say nothing. */
  minLines: z.number().int().min(1).default(5),
  /** Share of the lines about answered requests that has to be of this error, 0..1; where lines tell no status it is not asked for. */
  minShare: z.number().min(0).max(1).default(0.01),
  /** How many times as often as before an error that was there counts as new. */
  minRatio: z.number().min(2).default(10),
  /** Lines that ended longer ago explain nothing of now. */
  within: DurationMs.prefault('10m'),
  /** An error may show so long after the release that brought it. */
  release: DurationMs.prefault('30m'),
});
export type NewErrorPatternConfig = z.infer<typeof NewErrorPatternConfig>;
