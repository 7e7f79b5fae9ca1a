import { z } from 'zod';
import { CauseReason, Reason } from './reason.ts';
import { Subject } from './subject.ts';

/** What one detector says, with the evidence that a person can check. */
export const Finding = z.object({
  id: z.string().min(1),
  detector: z.string().min(1),
  reason: Reason,
  subject: Subject,
  /** 0 (a guess) to 1 (certain). */
  confidence: z.number().min(0).max(1),
  /** One sentence with the figures. */
  summary: z.string(),
  /** The figures by name, in base units: what policies may use and people may compare. */
  figures: z.record(z.string(), z.number()),
  evidence: z.array(z.string()),
});
export type Finding = z.infer<typeof Finding>;

/** One link of the chain from what users feel to where it begins; each is the reason of the one before. */
export const ChainLink = z.object({
  /** Plain words with the figures: `orders waits: latency 4x its usual 0.15 since 14:02`. */
  says: z.string().min(1),
  subject: Subject,
  /** Ids of the evidence that it rests on. */
  evidence: z.array(z.string()),
});
export type ChainLink = z.infer<typeof ChainLink>;

/** What diagnosis returns, ranked: a reason on a subject, and the findings that it explains. */
export const Cause = z.object({
  reason: CauseReason,
  subject: Subject,
  confidence: z.number().min(0).max(1),
  /** Ids of the findings that this cause explains; the first one is where its figures come from. */
  explains: z.array(z.string()).min(1),
  summary: z.string(),
  figures: z.record(z.string(), z.number()),
  /** From where users feel it to the cause, as far as it is known. */
  chain: z.array(ChainLink).optional(),
  /** What would settle the remaining doubt. */
  settledBy: z.string().optional(),
});
export type Cause = z.infer<typeof Cause>;

/** One cause is one key, across incidents: the incident that reserves it leads, the others follow. */
export function causeKey(cause: Pick<Cause, 'reason' | 'subject'>): string {
  return `${cause.reason}/${cause.subject.uid}`;
}
