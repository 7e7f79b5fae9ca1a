import { z } from 'zod';

/** What a policy sets about the limits of containers. */
export const RaiseResourcesSettings = z.strictObject({
  /** A memory limit is never set above this. */
  maxMemoryMiB: z.number().int().min(16).max(4_194_304).default(2_048),
  /** A CPU limit is never set above this. */
  maxCpuMillis: z.number().int().min(10).max(1_024_000).default(2_000),
  /** So much more at once, in percent of what there is. */
  stepPercent: z.number().int().min(1).max(400).default(50),
});
export type RaiseResourcesSettings = z.infer<typeof RaiseResourcesSettings>;

export const RaiseResourcesParams = z.strictObject({
  container: z.string().min(1),
  /** Place of the container in the pod template. */
  index: z.number().int().min(0),
  resource: z.enum(['memory', 'cpu']),
  from: z.string().min(1),
  to: z.string().min(1),
});
export type RaiseResourcesParams = z.infer<typeof RaiseResourcesParams>;
