import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.service-unreachable`. */
export const ServiceUnreachableConfig = z.strictObject({
  /** Most Services of a namespace that are looked at. */
  maxServices: z.number().int().min(1).max(1_000).default(200),
  /** Most workloads whose Services are looked at: the incident's own and those that it calls by name. */
  maxWorkloads: z.number().int().min(1).max(20).default(4),
  /** A network policy that is older did not do it. */
  policyWithin: DurationMs.prefault('2h'),
});
export type ServiceUnreachableConfig = z.infer<typeof ServiceUnreachableConfig>;
