import type { CauseReason } from '../../src/domain/reason.ts';
import { matchSignature, type SignatureMatch } from '../../src/log-signatures/index.ts';
import type { Trouble } from '../../src/workload-logs/index.ts';

/** Lines that show signatures of one reason. */
export interface Told {
  readonly reason: CauseReason;
  /** That of most lines. */
  readonly match: SignatureMatch;
  readonly trouble: Trouble;
  readonly lines: number;
  readonly perMinute: number;
  /** Null where too little was heard before. */
  readonly usualPerMinute: number | null;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What known texts tell, by reason: most lines first, as the troubles are. */
export function toldBy(troubles: readonly Trouble[]): readonly Told[] {
  const byReason = new Map<CauseReason, Told>();
  for (const trouble of troubles) {
    const match = matchSignature(`${trouble.example?.line ?? ''}\n${trouble.template}`);
    const reason = match?.signature.reason ?? null;
    if (match === null || reason === null) continue;
    const known = byReason.get(reason);
    byReason.set(reason, known === undefined ? first(reason, match, trouble) : added(known, trouble));
  }
  return [...byReason.values()];
}

function first(reason: CauseReason, match: SignatureMatch, trouble: Trouble): Told {
  const { recent, perMinute, usualPerMinute, firstAt, lastAt } = trouble;
  return { reason, match, trouble, lines: recent, perMinute, usualPerMinute, firstAt, lastAt };
}

function added(told: Told, { recent, perMinute, usualPerMinute, firstAt, lastAt }: Trouble): Told {
  const usual = told.usualPerMinute === null || usualPerMinute === null ? null : told.usualPerMinute + usualPerMinute;
  return {
    ...told,
    lines: told.lines + recent,
    perMinute: told.perMinute + perMinute,
    usualPerMinute: usual,
    firstAt: Math.min(told.firstAt, firstAt),
    lastAt: Math.max(told.lastAt, lastAt),
  };
}
