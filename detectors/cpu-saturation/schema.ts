import { z } from 'zod';

/** What the operator may set under `detectors.cpu-saturation`. */
export const CpuSaturationConfig = z.strictObject({
  /** A container is saturated from this share of its limit on, 0..1. */
  minUsedShare: z.number().min(0.5).max(1).default(0.9),
  /** Or when it was throttled in this share of the scheduler's periods, 0..1. */
  minThrottledShare: z.number().min(0.05).max(1).default(0.25),
  /** Or when the event loop was busy for this share of the time, 0..1. */
  minLoopUtilization: z.number().min(0.5).max(1).default(0.95),
  /** Or when the event loop came late by this much in one of a hundred turns. */
  minLoopLagSeconds: z.number().positive().default(0.1),
  /** Share of the pods that have to be saturated, 0..1. */
  minPodShare: z.number().min(0).max(1).default(0.5),
});
export type CpuSaturationConfig = z.infer<typeof CpuSaturationConfig>;
