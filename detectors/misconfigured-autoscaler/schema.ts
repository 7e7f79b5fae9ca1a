import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.misconfigured-autoscaler`. */
export const MisconfiguredAutoscalerConfig = z.strictObject({
  /** How long its condition has to say so: a metrics server that restarts is over sooner. */
  brokenFor: DurationMs.prefault('5m'),
});
export type MisconfiguredAutoscalerConfig = z.infer<typeof MisconfiguredAutoscalerConfig>;
