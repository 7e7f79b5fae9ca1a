import { z } from 'zod';

/** What the operator may set under `detectors.scaled-to-zero`. */
export const ScaledToZeroConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(3),
});
export type ScaledToZeroConfig = z.infer<typeof ScaledToZeroConfig>;
