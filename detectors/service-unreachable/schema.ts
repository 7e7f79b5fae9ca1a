import { z } from 'zod';

/** What the operator may set under `detectors.service-unreachable`. */
export const ServiceUnreachableConfig = z.strictObject({
  /** Most Services of a namespace that are looked at. */
  maxServices: z.number().int().min(1).max(1_000).default(200),
});
export type ServiceUnreachableConfig = z.infer<typeof ServiceUnreachableConfig>;
