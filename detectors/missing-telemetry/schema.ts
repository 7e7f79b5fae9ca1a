import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.missing-telemetry`. */
export const MissingTelemetryConfig = z.strictObject({
  /** How long a target has to be down, or gone, while its pod is ready. Restarts and slow scrapes are over sooner. */
  missingFor: DurationMs.prefault('4m'),
  /** Share of the ready pods that nothing is known of, 0..1. */
  minPodShare: z.number().min(0).max(1).default(0.5),
});
export type MissingTelemetryConfig = z.infer<typeof MissingTelemetryConfig>;
