import type { Fact } from '../domain/gate-facts.ts';
import type { GateVerdict } from '../domain/verdict.ts';

/** Nothing speaks against it; `value` and `limit` are told to people all the same. */
export function passed(told: Pick<GateVerdict, 'value' | 'limit'> = {}): GateVerdict {
  return { verdict: 'pass', reason: 'ok', ...told };
}

/** A fact that is missing holds the plan: the next look may have it, and past the plan's deadline a person gets it. */
export function missing(fact: Extract<Fact<unknown>, { known: false }>): GateVerdict {
  return {
    verdict: 'hold',
    reason: 'data-missing',
    value: fact.why,
    unblockedBy: `an answer from ${fact.source}`,
  };
}

/** A length of time for people: `90s`, `10m`, `2h`, `1d`. */
export function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const;
  const unit = units.find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${Math.round(ms / 1_000)}s` : `${ms / unit[1]}${unit[0]}`;
}
