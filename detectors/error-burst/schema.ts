import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.error-burst`. */
export const ErrorBurstConfig = z.strictObject({
  /** Share of failed requests below which nothing is said, 0..1. */
  minShare: z.number().min(0.001).max(1).default(0.02),
  /** How many times the usual share is a burst. */
  minRatio: z.number().min(1.1).default(3),
  /** Under this many requests per second nothing can be said. */
  minRatePerS: z.number().positive().default(0.5),
  /** How much of the past tells what is usual. */
  history: DurationMs.prefault('55m'),
  /** The newest part of the past that does not count as usual. */
  exclude: DurationMs.prefault('5m'),
});
export type ErrorBurstConfig = z.infer<typeof ErrorBurstConfig>;
