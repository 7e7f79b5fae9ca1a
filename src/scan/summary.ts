import { subjectName } from '../domain/subject.ts';
import type { SeriesScore } from '../series/index.ts';
import { INDICATOR_IDS, INDICATORS, type IndicatorId } from './indicators.ts';
import type { ScanChange } from './scan.ts';

type Scores = Readonly<Partial<Record<IndicatorId, SeriesScore>>>;

/** Value, what is usual, how far off; and what else of the workload is outside of what is usual at that moment. */
export function summaryOf({ workload, indicator, status }: Omit<ScanChange, 'summary'>, scores: Scores): string {
  const score = scores[indicator];
  const told = score === undefined ? INDICATORS[indicator].meaning : described(indicator, score);
  const others = INDICATOR_IDS.filter((id) => id !== indicator && (scores[id]?.since ?? null) !== null);
  const more = status === 'resolved' ? '' : others.map((id) => `; ${brief(id, scores)}`).join('');
  return `${subjectName(workload.subject)}: ${told}${more}`;
}

function described(id: IndicatorId, { value, expected: { low, middle, high }, unusual }: SeriesScore): string {
  const usual = Number.isFinite(low)
    ? `, usually ${shown(id, middle)} (${shown(id, Math.max(0, low))} to ${shown(id, high)}), ${Math.abs(unusual).toFixed(0)} spreads off`
    : '';
  return `${INDICATORS[id].meaning} ${shown(id, value)}${usual}`;
}

function brief(id: IndicatorId, scores: Scores): string {
  const { value = Number.NaN, expected } = scores[id] ?? {};
  return `${INDICATORS[id].meaning} ${shown(id, value)}, usually ${shown(id, expected?.middle ?? Number.NaN)}`;
}

function shown(id: IndicatorId, value: number): string {
  const { unit } = INDICATORS[id];
  return `${Number(value.toPrecision(3))}${unit === '' ? '' : ` ${unit}`}`;
}
