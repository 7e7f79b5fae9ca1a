import type { RecordedVerdict } from '../domain/verdict.ts';
import { paint, type Screen, table } from './text.ts';

const SIGNS = {
  pass: { sign: 'pass', tone: 'good' },
  hold: { sign: 'hold', tone: 'warn' },
  deny: { sign: 'DENY', tone: 'bad' },
} as const;

/** Gate by gate: verdict, reason, value, limit, and what would let the plan through. */
export function renderGates(screen: Screen, verdicts: readonly RecordedVerdict[]): string[] {
  return table(
    screen,
    ['gate', 'verdict', 'reason', 'measured, limit, and what would let it through'],
    verdicts.map(({ gate, verdict }) => {
      const { sign, tone } = SIGNS[verdict.verdict];
      return [gate, paint(screen, tone, sign), verdict.reason, detailOf(verdict)];
    }),
  );
}

function detailOf(verdict: RecordedVerdict['verdict']): string {
  const parts = [
    verdict.value === undefined ? '' : String(verdict.value),
    verdict.limit === undefined ? '' : `limit ${verdict.limit}`,
    verdict.unblockedBy === undefined ? '' : `-> ${verdict.unblockedBy}`,
  ];
  return parts.filter((part) => part !== '').join('; ');
}
