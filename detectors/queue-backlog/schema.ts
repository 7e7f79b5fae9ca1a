import { z } from 'zod';
import { DurationMs } from '../../src/domain/policy.ts';

/** What the operator may set under `detectors.queue-backlog`. */
export const QueueBacklogConfig = z.strictObject({
  /** Which workload works off which queue, where the metrics do not tell. */
  queues: z
    .array(
      z.strictObject({
        /** Queue, topic or consumer group, as the exporter names it. */
        name: z.string().min(1).max(250),
        /** `namespace/name` of the workload that consumes it. */
        consumer: z.string().regex(/^[^/]+\/[^/]+$/, 'write namespace/name'),
      }),
    )
    .max(500)
    .default([]),
  /** Fewer messages than these are no backlog. */
  minMessages: z.number().int().min(1).default(100),
  /** For how long it has to grow. */
  growingFor: DurationMs.prefault('4m'),
  /** By how much of what it was it has to grow in that time. */
  minGrowthShare: z.number().positive().default(0.1),
});
export type QueueBacklogConfig = z.infer<typeof QueueBacklogConfig>;
