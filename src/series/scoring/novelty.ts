import { createSurprise } from './surprise.ts';

/** Coarse cells with a longer memory, fine ones with a shorter: their mean does not hang on where the edges of cells happen to lie. */
const VOCABULARIES = [
  { cells: 8, order: 2 },
  { cells: 12, order: 2 },
  { cells: 16, order: 1 },
] as const;
/** How fast the habit of being surprising is learnt. */
const SLOW = 1 / 500;
/** Nats that are added to the usual surprise: a series that never surprised must not alarm at its first murmur. */
const GROUND = 2;
/** Values that are needed before anything is said. */
const LEARNING = 100;
/** So many times its usual surprise (and the ground) is an alarm. Chosen by cross-validation, see docs/decisions/2026-11-27-streaming-scores.md. */
const ALARM_RATIO = 3.7;
/** After an alarm it is silent for so many values, or this share of all seen: what goes on is not new. */
const REST_VALUES = 100;
const REST_SHARE = 0.05;

export const ALARM_SCORE = 0.5;

export interface Novelty {
  /** 0 to 1, at least `ALARM_SCORE` when something new begins. */
  push(value: number): number;
  interrupt(): void;
  readonly bytes: number;
}

export function createNovelty(): Novelty {
  const surprises = VOCABULARIES.map(({ cells, order }) => createSurprise(cells, order));
  let usual = 0;
  let seen = 0;
  let silentUntil = 0;

  return {
    bytes: surprises.reduce((sum, { bytes }) => sum + bytes, 0),
    interrupt() {
      for (const surprise of surprises) surprise.interrupt();
    },
    push(value) {
      let sum = 0;
      for (const surprise of surprises) sum += surprise.push(value);
      const now = sum / surprises.length;
      const ratio = now / (usual + GROUND);
      seen++;
      usual += Math.max(SLOW, 1 / seen) * (now - usual);
      if (seen <= LEARNING || seen < silentUntil) return 0;
      const score = ratio / (ratio + ALARM_RATIO);
      if (score >= ALARM_SCORE) silentUntil = seen + Math.max(REST_VALUES, Math.floor(REST_SHARE * seen));
      return score;
    },
  };
}
