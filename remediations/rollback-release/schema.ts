import { z } from 'zod';

/** What a policy sets about going back to the release before. */
export const RollbackSettings = z.strictObject({
  /** The revision before must have served for so long before the new one came. */
  minHealthyMinutes: z.number().int().min(0).max(10_080).default(10),
  /** A new release older than this is no fresh mistake: then something else changed. */
  maxAgeMinutes: z.number().int().min(1).max(10_080).default(720),
  /** Whether the older code also runs on the newer schema. `false` declines where the new template names a migration. */
  migrationsSafe: z.boolean().default(false),
});
export type RollbackSettings = z.infer<typeof RollbackSettings>;

export const RollbackParams = z.strictObject({
  fromRevision: z.number().int().min(1),
  toRevision: z.number().int().min(1),
});
export type RollbackParams = z.infer<typeof RollbackParams>;
