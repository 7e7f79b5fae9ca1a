import { z } from 'zod';

export const TraceLatencyInput = z.strictObject({
  workload: z
    .string()
    .regex(/^(?:[A-Za-z]+ )?[a-z0-9.-]+\/[a-z0-9.-]+$/, 'namespace/name, or "Kind namespace/name", like shop/web')
    .describe('the workload that is slow: namespace/name'),
  sinceMinutes: z.number().int().min(1).max(35).default(10).describe('it was well until so many minutes ago'),
  depth: z.number().int().min(1).max(10).default(5).describe('calls to follow at most'),
});
export type TraceLatencyInput = z.infer<typeof TraceLatencyInput>;

const Seconds = z.number().nullable();

/** What a request of one workload waits for at one callee, on average over all its requests. Seconds; null = not measured. */
const Wait = z.object({
  to: z.string(),
  callsPerRequest: Seconds,
  now: Seconds,
  before: Seconds,
  /** One call, as the caller sees it. */
  perCallNow: Seconds,
});
export type Wait = z.infer<typeof Wait>;

/** Where the time of one workload's requests goes: `now` = inside + all waits. Seconds. */
export const Hop = z.object({
  workload: z.string(),
  requestsPerS: Seconds,
  now: Seconds,
  before: Seconds,
  insideNow: Seconds,
  insideBefore: Seconds,
  waits: z.array(Wait),
});
export type Hop = z.infer<typeof Hop>;

export const TraceLatencyOutput = z.object({
  hops: z.array(Hop),
  where: z.enum(['inside', 'between', 'outside', 'not-slower', 'unknown']),
  /** The workload, the call or the address where the time is spent. */
  at: z.string(),
  says: z.string(),
  evidence: z.array(z.string()),
  notices: z.array(z.string()),
});
export type TraceLatencyOutput = z.infer<typeof TraceLatencyOutput>;
