import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.crash-loop`. */
export const CrashLoopConfig = z.strictObject({
  /** How many hops of calls to follow from the incident's workload. */
  depth: z.number().int().min(0).max(5).default(2),
  /** Most workloads looked at; each costs one query. */
  maxWorkloads: z.number().int().min(1).max(50).default(6),
  /** Restarts that are longer ago explain nothing of now. */
  within: DurationMs.prefault('15m'),
  /** Restarts of one container within that time; fewer while Kubernetes itself holds it back. */
  minRestarts: z.number().int().min(2).default(3),
});
export type CrashLoopConfig = z.infer<typeof CrashLoopConfig>;
