import { z } from 'zod';
import { CauseReason } from './reason.ts';

/** Why and on what something rests: ids of evidence. What cites nothing that exists is dropped before it is stored. */
const Cites = z.array(z.string().max(200)).max(8);

/** What a model wrote about an incident whose cause code had named. Words for people: nothing is ever decided by them. */
export const Narrative = z.object({
  /** What happened, in one or two sentences. */
  summary: z.string().max(600),
  /** From what users felt down to the cause. */
  chain: z.array(z.object({ says: z.string().max(300), cites: Cites })).max(8),
});
export type Narrative = z.infer<typeof Narrative>;

/** A guess of a model. It stays a guess until a detector finds the same by its own measure. */
export const Hypothesis = z.object({
  says: z.string().max(400),
  cites: Cites,
  /** A cause of the closed list, where the guess is one. */
  reason: CauseReason.nullable(),
  /** The workload that it is about, as `Deployment shop/orders`. */
  subject: z.string().max(400).nullable(),
});
export type Hypothesis = z.infer<typeof Hypothesis>;

export const Hypotheses = z.object({ hypotheses: z.array(Hypothesis).max(5) });
export type Hypotheses = z.infer<typeof Hypotheses>;

/** Calls, tokens and money that something took of a model. */
export const ModelSpend = z.object({
  calls: z.number().int().nonnegative(),
  inputTokens: z.number().int().nonnegative(),
  outputTokens: z.number().int().nonnegative(),
  /** By the configured prices; 0 where none are. */
  usd: z.number().nonnegative(),
});
export type ModelSpend = z.infer<typeof ModelSpend>;

export const NO_SPEND: ModelSpend = { calls: 0, inputTokens: 0, outputTokens: 0, usd: 0 };

export function addSpend(a: ModelSpend, b: ModelSpend): ModelSpend {
  return {
    calls: a.calls + b.calls,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    usd: a.usd + b.usd,
  };
}
