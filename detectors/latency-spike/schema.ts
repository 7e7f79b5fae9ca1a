import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.latency-spike`. */
export const LatencySpikeConfig = z.strictObject({
  /** Which share of requests is at most as slow as the figure, 0..1. */
  quantile: z.number().min(0.5).max(0.99).default(0.95),
  /** How many times the usual latency is a spike. */
  minRatio: z.number().min(1.1).default(2),
  /** Smaller rises are no spike, whatever the ratio. */
  minRiseSeconds: z.number().positive().default(0.05),
  /** The rise has to exceed the usual scatter by this many standard deviations (estimated from the MAD). */
  minDeviations: z.number().positive().default(4),
  /** Under this many requests per second nothing can be said. */
  minRatePerS: z.number().positive().default(0.5),
  /** How much of the past tells what is usual. */
  history: DurationMs.prefault('55m'),
  /** The newest part of the past that does not count as usual. */
  exclude: DurationMs.prefault('5m'),
  /** Least number of moments with enough traffic in the past. */
  minBaselinePoints: z.number().int().min(3).default(8),
});
export type LatencySpikeConfig = z.infer<typeof LatencySpikeConfig>;
