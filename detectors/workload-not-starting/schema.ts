import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.workload-not-starting`. */
export const WorkloadNotStartingConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(3).default(2),
  /** Most workloads looked at; each costs one query. */
  maxWorkloads: z.number().int().min(1).max(20).default(4),
  /** How long Kubernetes has to name a reason that does not pass by itself: no image, no ConfigMap. */
  refusedFor: DurationMs.prefault('90s'),
  /** How long a pod may take to be scheduled, created, initialized or ready. */
  slowFor: DurationMs.prefault('5m'),
});
export type WorkloadNotStartingConfig = z.infer<typeof WorkloadNotStartingConfig>;
