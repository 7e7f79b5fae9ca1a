import { z } from 'zod';

const Replicas = z.number().int().min(1).max(10_000);

/** What a policy sets about the maximum of an autoscaler. */
export const RaiseLimitSettings = z.strictObject({
  /** The maximum is never set above this. */
  ceiling: Replicas,
  /** So much more at once, in percent of the maximum that there is. */
  stepPercent: z.number().int().min(1).max(400).default(50),
  /** Name of the database in the catalogue that each replica connects to, or `none`; absent = undeclared, which holds. */
  database: z.string().min(1).optional(),
});
export type RaiseLimitSettings = z.infer<typeof RaiseLimitSettings>;

export const RaiseLimitParams = z.strictObject({ autoscaler: z.string().min(1), from: Replicas, to: Replicas });
export type RaiseLimitParams = z.infer<typeof RaiseLimitParams>;
