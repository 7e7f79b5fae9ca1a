import { z } from 'zod';

const Replicas = z.number().int().min(1).max(10_000);

/** What a policy sets about scaling out. */
export const ScaleSettings = z.strictObject({
  /** Never more than this, whatever is needed. */
  maxReplicas: Replicas,
  /** At most this much more at once, in percent of what there is. */
  stepPercent: z.number().int().min(1).max(400).default(50),
  /** But at least so many. */
  minStep: z.number().int().min(1).max(100).default(1),
  /** Name of the database in the catalogue that each replica connects to, or `none`; absent = undeclared, which holds. */
  database: z.string().min(1).optional(),
});
export type ScaleSettings = z.infer<typeof ScaleSettings>;

export const ScaleParams = z.strictObject({ from: Replicas, to: Replicas });
export type ScaleParams = z.infer<typeof ScaleParams>;

/** What rollback and settling need: the object, the count on both sides of the change, and whose it was. */
export const ScaleCheckpoint = z.strictObject({
  subject: z.object({
    apiVersion: z.string(),
    kind: z.string(),
    namespace: z.string(),
    name: z.string(),
    uid: z.string(),
  }),
  from: Replicas,
  to: Replicas,
  /** Who had set the count before, as Kubernetes recorded it. */
  managerBefore: z.string().nullable(),
});
export type ScaleCheckpoint = z.infer<typeof ScaleCheckpoint>;
