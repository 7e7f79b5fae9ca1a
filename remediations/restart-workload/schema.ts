import { z } from 'zod';

/** What a policy sets about restarting. */
export const RestartSettings = z.strictObject({
  /** Whether a workload with a single replica may be restarted: nobody serves in between unless its strategy brings the new pod first. */
  singleReplica: z.boolean().default(false),
});
export type RestartSettings = z.infer<typeof RestartSettings>;

export const RestartParams = z.strictObject({ at: z.string().datetime() });
export type RestartParams = z.infer<typeof RestartParams>;
