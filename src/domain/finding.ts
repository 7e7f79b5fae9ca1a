import { z } from 'zod';
import { Instant } from './instant.ts';
import { CauseReason, Reason } from './reason.ts';
import { Subject } from './subject.ts';

/** The change that did it, as far as Kubernetes keeps a trace of it: revisions, managedFields, Events. */
export const Change = z.object({
  /** One line: the object and its fields, before and after. Values of variables are told by name only where they may be secrets. */
  what: z.string().min(1),
  /** Field manager or controller that wrote it; null when nothing recorded one. */
  by: z.string().nullable(),
  at: Instant.nullable(),
});
export type Change = z.infer<typeof Change>;

/** One life of a pod that a finding is about, where its workload as a whole is not: the one that takes too much of its node. */
export const PodObject = z.object({
  kind: z.literal('Pod'),
  namespace: z.string().min(1),
  name: z.string().min(1),
  uid: z.string().min(1),
});
export type PodObject = z.infer<typeof PodObject>;

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
  change: Change.optional(),
  /** The exact command or diff with which a person would mend it. Shown, never run. */
  mend: z.string().optional(),
  /** A pod of the subject that is to blame alone. */
  object: PodObject.optional(),
  /** Why this may yet turn out to be something else, as the word of a log alone may: until it is told, nothing is written for it. */
  unsettled: z.string().optional(),
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
  change: Change.optional(),
  mend: z.string().optional(),
  object: PodObject.optional(),
  /** What would settle the remaining doubt. */
  settledBy: z.string().optional(),
});
export type Cause = z.infer<typeof Cause>;

/** `image a -> b, by helm at 2026-11-23 14:02:07Z`: how a change is told to people. */
export function changeText({ what, by, at }: Change): string {
  const who = by === null ? '' : `, by ${by}`;
  return `${what}${who}${at === null ? '' : ` at ${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`}`;
}

/** One cause is one key, across incidents: the incident that reserves it leads, the others follow. */
export function causeKey(cause: Pick<Cause, 'reason' | 'subject'>): string {
  return `${cause.reason}/${cause.subject.uid}`;
}
