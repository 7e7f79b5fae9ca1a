import type { ModelSpend } from '../domain/model-words.ts';
import type { Reservation } from '../domain/verdict.ts';
import type { ModelUsage } from '../ports/language-model.ts';

export interface ModelPrices {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
}

export interface ModelLimit {
  readonly tokens: number;
  readonly usd: number;
}

export interface ModelBudget {
  readonly prices: ModelPrices;
  readonly perIncident: ModelLimit;
  readonly perDay: ModelLimit;
  /** Most bytes of everything that one call sends. */
  readonly maxInputBytes: number;
  readonly maxOutputTokens: number;
}

const DAY_MS = 86_400_000;
/** Long enough to be for ever: an incident's budget does not come back. */
const INCIDENT_MS = 30 * DAY_MS;

/**
 * The most that one call can take. A token of a byte-level vocabulary is at least one byte, so that the bytes sent are an upper bound of
 * the tokens read; a true call takes about a quarter of that.
 */
export function mostOfOneCall({ prices, maxInputBytes, maxOutputTokens }: ModelBudget): ModelLimit {
  const usd = (maxInputBytes * prices.inputUsdPerMillion + maxOutputTokens * prices.outputUsdPerMillion) / 1_000_000;
  return { tokens: maxInputBytes + maxOutputTokens, usd };
}

/** How many calls fit into a limit when each takes the most that it can. */
export function callsWithin(limit: ModelLimit, budget: ModelBudget): number {
  const most = mostOfOneCall(budget);
  const byTokens = Math.floor(limit.tokens / most.tokens);
  return most.usd === 0 ? byTokens : Math.min(byTokens, Math.floor(limit.usd / most.usd));
}

/**
 * What is reserved before each call. The store counts, so that neither a crash nor two ticks at once spend more than allowed; a call that
 * took less gives nothing back, so that the true figure stays below the budget, never above.
 */
export function reservationsOf(incidentId: string, budget: ModelBudget): Reservation[] {
  return [
    { kind: 'count', key: 'model/day', limit: callsWithin(budget.perDay, budget), windowMs: DAY_MS },
    {
      kind: 'count',
      key: `model/incident/${incidentId}`,
      limit: callsWithin(budget.perIncident, budget),
      windowMs: INCIDENT_MS,
    },
  ];
}

/** What one call took; where the server counts nothing, the most that it can have been. */
export function spendOf(usage: ModelUsage | null, budget: ModelBudget): ModelSpend {
  const { inputTokens, outputTokens } = usage ?? {
    inputTokens: budget.maxInputBytes,
    outputTokens: budget.maxOutputTokens,
  };
  const { inputUsdPerMillion, outputUsdPerMillion } = budget.prices;
  const usd = (inputTokens * inputUsdPerMillion + outputTokens * outputUsdPerMillion) / 1_000_000;
  return { calls: 1, inputTokens, outputTokens, usd };
}
