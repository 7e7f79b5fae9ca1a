import type { Clue } from './ranking/model.ts';

/** `latency 4x its usual 0.15 s since 14:02`; null where the clue has no reading or nothing is unusual about it. */
export function clueText({ label, unit = '', deviation, since }: Clue): string | null {
  if (deviation === null) return label;
  const { observed, expected, low, high } = deviation;
  const size =
    expected > 0 && observed > 0
      ? `${figure(observed / expected)}x its usual ${figure(expected)}${unit}`
      : `${figure(observed)}, usually ${figure(low)} to ${figure(high)}${unit}`;
  return `${label} ${size}${since === null ? '' : ` since ${clockTime(since)}`}`;
}

export function figure(value: number): string {
  return String(Number(value.toPrecision(2)));
}

/** UTC, as everywhere in what Hale says. */
export function clockTime(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}
