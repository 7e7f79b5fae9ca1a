import { z } from 'zod';
import { Instant } from './instant.ts';

/** A named person's answer, bound to the digest of what was shown; single-use; expires. */
export const Approval = z.object({
  id: z.string().min(1),
  incidentId: z.string().min(1),
  planDigest: z.string().length(64),
  answer: z.enum(['approved', 'refused']),
  /** The name that the configuration gives to the token that was used. */
  by: z.string().min(1),
  at: Instant,
  expiresAt: Instant,
  usedAt: Instant.nullable(),
});
export type Approval = z.infer<typeof Approval>;
