import { GateFacts } from '../domain/gate-facts.ts';
import type { Plan } from '../domain/plan.ts';
import { type GateReason, GateVerdict, type RecordedVerdict, type Reservation } from '../domain/verdict.ts';
import type { Gate } from '../plugin/gate.ts';
import { GATES } from './index.ts';

export type GatesOutcome =
  | { readonly kind: 'pass'; readonly reserve: readonly Reservation[] }
  /** `until`: when all that holds the plan is over, by what is known now; null = no such moment is known. */
  | { readonly kind: 'hold'; readonly until: number | null; readonly reason: GateReason; readonly gate: string }
  /** `withheldOnlyByMode`: every other gate passed, so that "would have done" is the truth. */
  | {
      readonly kind: 'deny';
      readonly reason: GateReason;
      readonly gate: string;
      readonly withheldOnlyByMode: boolean;
    };

export interface GatesRun {
  /** One for each gate that judges the plan's direction, in the order of the list. */
  readonly verdicts: readonly RecordedVerdict[];
  readonly outcome: GatesOutcome;
}

const MODE_REASONS: readonly GateReason[] = ['mode-observe', 'mode-suggest'];

/**
 * Runs every gate, pure: the same plan and facts give the same answer, live or replayed. A denial goes before a denial by mode, that
 * before a hold, that before a pass. Facts outside their schema (a NaN, say) and a list without gates deny: nothing passes by accident.
 */
export function runGates(plan: Plan, facts: GateFacts, gates: readonly Gate[] = GATES): GatesRun {
  const parsed = GateFacts.safeParse(facts);
  const invalid = parsed.success ? null : `facts: ${parsed.error.issues.map(issueText).join('; ')}`;
  const verdicts = gates
    .filter((gate) => gate.appliesTo.includes(plan.direction))
    .map((gate) => ({
      gate: gate.id,
      at: facts.now,
      verdict: parsed.success ? decided(gate, plan, parsed.data) : failed(invalid ?? ''),
    }));
  return { verdicts, outcome: outcomeOf(verdicts) };
}

function decided(gate: Gate, plan: Plan, facts: GateFacts): GateVerdict {
  try {
    const verdict = GateVerdict.safeParse(gate.decide(plan, facts));
    return verdict.success ? verdict.data : failed(`verdict: ${verdict.error.issues.map(issueText).join('; ')}`);
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

function failed(value: string): GateVerdict {
  return { verdict: 'deny', reason: 'gate-failed', value, unblockedBy: 'a corrected Hale: this is a defect' };
}

function issueText(issue: { readonly path: readonly PropertyKey[]; readonly message: string }): string {
  return `${issue.path.map(String).join('.')}: ${issue.message}`;
}

function outcomeOf(verdicts: readonly RecordedVerdict[]): GatesOutcome {
  if (verdicts.length === 0) return { kind: 'deny', reason: 'gate-failed', gate: '', withheldOnlyByMode: false };
  const against = verdicts.filter(({ verdict }) => verdict.verdict !== 'pass');
  const denials = against.filter(({ verdict }) => verdict.verdict === 'deny');
  const denial = denials.find(({ verdict }) => !MODE_REASONS.includes(verdict.reason)) ?? denials[0];
  if (denial !== undefined) {
    const withheldOnlyByMode = against.every(({ verdict }) => MODE_REASONS.includes(verdict.reason));
    return { kind: 'deny', reason: denial.verdict.reason, gate: denial.gate, withheldOnlyByMode };
  }
  const [hold] = against;
  if (hold !== undefined) {
    return { kind: 'hold', until: latestEnd(against), reason: hold.verdict.reason, gate: hold.gate };
  }
  const reserve = verdicts.flatMap(({ verdict }) => (verdict.verdict === 'pass' ? (verdict.reserve ?? []) : []));
  return { kind: 'pass', reserve };
}

function latestEnd(holds: readonly RecordedVerdict[]): number | null {
  const ends = holds.map(({ verdict }) => (verdict.verdict === 'hold' ? (verdict.until ?? null) : null));
  return ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
}
