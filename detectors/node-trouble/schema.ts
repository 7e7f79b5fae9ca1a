import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.node-trouble`. */
export const NodeTroubleConfig = z.strictObject({
  /** How long a condition of a node has to hold. */
  troubledFor: DurationMs.prefault('60s'),
  /** From this share of its CPU on a node is full, 0..1. */
  fullShare: z.number().min(0.5).max(1).default(0.92),
  /** Least share of a node's CPU that one workload without a limit takes to be the one that fills it, 0..1. */
  greedyShare: z.number().min(0.1).max(1).default(0.4),
  /** Most nodes that are looked at: those with pods of the incident's workload. */
  maxNodes: z.number().int().min(1).max(20).default(5),
});
export type NodeTroubleConfig = z.infer<typeof NodeTroubleConfig>;
