import { createSurprise } from './surprise.ts';

/** Coarse cells with a longer memory, fine ones with a shorter: neither alone bears where the edges of cells happen to lie. */
const VOCABULARIES = [
  { cells: 8, order: 2 },
  { cells: 16, order: 1 },
] as const;
/** Weight of the newest value in the smoothed series, which is listened to beside the raw one: slow drifts and changed patterns show there. */
const SMOOTHING = 0.1;
/** How fast the habit of being surprising is learnt. */
const SLOW = 1 / 500;
/** Nats that are added to the usual surprise: a series that never surprised must not alarm at its first murmur. */
const GROUND = 2;
/** Values that are needed before anything is said. */
const LEARNING = 100;
/** So many times its usual surprise and the ground is an alarm. Cross-validated, see docs/decisions/2026-11-27-streaming-scores.md. */
const ALARM_RATIO = 2.9;
/** After an alarm it is silent for this share of all values seen, within bounds: what goes on is not new. */
const REST = { share: 0.05, least: 100, most: 500 } as const;

export const ALARM_SCORE = 0.5;

export interface Novelty {
  /** 0 to 1, at least `ALARM_SCORE` when something new begins. */
  push(value: number): number;
  /** After a gap: what comes next does not follow what came last. */
  interrupt(): void;
  readonly bytes: number;
}

/** How much more surprising a value is, raw and smoothed, than values of this series use to be. */
export function createNovelty(): Novelty {
  const raw = VOCABULARIES.map(({ cells, order }) => createSurprise(cells, order));
  const smooth = VOCABULARIES.map(({ cells, order }) => createSurprise(cells, order));
  const all = [...raw, ...smooth];
  let [smoothed, usual, seen, silentUntil] = [Number.NaN, 0, 0, 0];

  return {
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    interrupt() {
      for (const surprise of all) surprise.interrupt();
    },
    push(value) {
      smoothed = Number.isNaN(smoothed) ? value : smoothed + SMOOTHING * (value - smoothed);
      let sum = 0;
      for (const surprise of raw) sum += surprise.push(value);
      for (const surprise of smooth) sum += surprise.push(smoothed);
      const now = sum / all.length;
      const ratio = now / (usual + GROUND);
      seen++;
      usual += Math.max(SLOW, 1 / seen) * (now - usual);
      if (seen <= LEARNING || seen < silentUntil) return 0;
      const score = ratio / (ratio + ALARM_RATIO);
      if (score >= ALARM_SCORE) silentUntil = seen + Math.min(REST.most, Math.max(REST.least, REST.share * seen));
      return score;
    },
  };
}
