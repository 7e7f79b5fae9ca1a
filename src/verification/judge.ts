import type { IndicatorReading, VerificationState } from '../domain/incident.ts';
import type { Measure } from '../domain/plan.ts';
import type { Effect } from '../plugin/remediation.ts';

/** One look at the world while verifying. */
export interface Look {
  readonly now: number;
  readonly effect: Effect;
  readonly users: IndicatorReading;
  /** The same of whoever else feels the cause, as far as it is measured there. */
  readonly elsewhere?: readonly IndicatorReading[];
  /** Null = could not be read; then recovery cannot be claimed. */
  readonly neighbours: Readonly<Record<string, number>> | null;
}

/** Users must be seen worse for this long before it is believed: one scrape may lie. */
export const WORSE_HOLD_MS = 20_000;

/** The state at the moment of the action. */
export function startVerification(
  now: number,
  before: IndicatorReading,
  neighboursBefore: Readonly<Record<string, number>> | null,
): VerificationState {
  return {
    startedAt: now,
    inForceAt: null,
    before,
    neighboursBefore: { ...neighboursBefore },
    goodSince: null,
    worseSince: null,
    last: null,
    verdict: 'pending',
  };
}

/** Whether users are measurably well: an answer, enough traffic, and the indicator within its limit. Null = cannot be said. */
export function usersWell(reading: IndicatorReading, measure: Measure): boolean | null {
  if (reading.indicator === null || reading.trafficPerS === null || reading.trafficPerS < measure.minimumTraffic)
    return null;
  return reading.indicator <= measure.goodAtMost;
}

/**
 * The one judge of "are users better off". Pure. No answer never counts as good: it breaks the hold, and at the deadline
 * it makes the verdict `unknown`, after which nothing more is written.
 */
export function judge(state: VerificationState, look: Look, measure: Measure): VerificationState {
  const felt = [look.users, ...(look.elsewhere ?? [])];
  // Whoever is not well decides: that one sees users well says nothing of those who gave up on the way to it.
  const unwell = felt.find((reading) => usersWell(reading, measure) === false);
  const well = look.neighbours === null ? null : unwell ? false : usersWell(look.users, measure);
  const inForceAt = state.inForceAt ?? (look.effect === 'in-force' ? look.now : null);
  const goodSince = well === true && inForceAt !== null ? (state.goodSince ?? look.now) : null;
  const settled = look.now - (inForceAt ?? state.startedAt) >= measure.settleMs;
  const worseSince = settled && isWorse(state, look, measure) ? (state.worseSince ?? look.now) : null;
  const next: VerificationState = { ...state, inForceAt, goodSince, worseSince, last: unwell ?? look.users };
  return { ...next, verdict: verdictOf(next, look, measure, well) };
}

function verdictOf(
  state: VerificationState,
  look: Look,
  measure: Measure,
  well: boolean | null,
): VerificationState['verdict'] {
  if (look.effect === 'reverted') return 'reverted';
  if (look.effect === 'failed') return 'failed';
  if (state.worseSince !== null && look.now - state.worseSince >= WORSE_HOLD_MS) return 'worse';
  if (state.goodSince !== null && look.now - state.goodSince >= measure.holdMs) return 'recovered';
  const overdueMs = look.now - state.startedAt - measure.deadlineMs;
  // A hold that began in time may run to its end.
  if (overdueMs < 0 || (state.goodSince !== null && overdueMs < measure.holdMs)) return 'pending';
  if (state.inForceAt === null && look.effect === 'pending') return 'failed';
  return well === null ? 'unknown' : 'persisting';
}

function isWorse(state: VerificationState, look: Look, measure: Measure): boolean {
  const { before } = state;
  const now = usersWell(look.users, measure);
  const users =
    now === false && before.indicator !== null && (look.users.indicator ?? 0) > before.indicator * measure.worseFactor;
  if (users) return true;
  return Object.entries(look.neighbours ?? {}).some(([name, value]) => {
    const earlier = state.neighboursBefore[name];
    return earlier !== undefined && value > measure.goodAtMost && value > earlier * measure.worseFactor;
  });
}
