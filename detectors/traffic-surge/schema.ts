import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.traffic-surge`. */
export const TrafficSurgeConfig = z.strictObject({
  /** How many times the usual rate is a surge. */
  minRatio: z.number().min(1.1).default(3),
  /** The same where users are hurt: a workload that cannot keep up serves, and counts, fewer requests than arrive. */
  minRatioWhileHurt: z.number().min(1.1).default(1.5),
  /** A change by fewer requests per second is none. */
  minChangePerS: z.number().positive().default(5),
  /** How much of the past tells what is usual. */
  history: DurationMs.prefault('55m'),
  /** The newest part of the past that does not count as usual. */
  exclude: DurationMs.prefault('5m'),
  /** Least number of moments in the past. */
  minBaselinePoints: z.number().int().min(3).default(8),
});
