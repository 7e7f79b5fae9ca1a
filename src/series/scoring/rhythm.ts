const DAY_MS = 86_400_000;
/** Half hours: finer ones would have seen too few values of a series that comes every five minutes. */
export const SLOTS = 48;
const SLOT_MS = DAY_MS / SLOTS;
/** A slot forgets with this weight per day that passes through it. */
const DAY_WEIGHT = 1 / 4;

/** The mean of each half hour of the day (UTC; a rhythm does not mind the zone), learnt over days. */
export interface Rhythm {
  /** From `from` on, for each slot; NaN where no earlier day passed. */
  means: Float32Array;
  from: number;
  /** The slot that runs now: what is in it must not be compared with itself, so it counts when it is over. */
  slot: number;
  sum: number;
  count: number;
}

export function createRhythm(): Rhythm {
  return { means: new Float32Array(SLOTS).fill(Number.NaN), from: 0, slot: -1, sum: 0, count: 0 };
}

/** Between the middles of slots, linearly; null while one of them has not been seen on an earlier day. */
export function usualAt({ means, from }: Rhythm, moment: number): number | null {
  const place = positionOf(moment) - 0.5;
  const before = Math.floor(place);
  const part = place - before;
  const [left, right] = [
    means[from + ((before + SLOTS) % SLOTS)] ?? Number.NaN,
    means[from + ((before + 1) % SLOTS)] ?? Number.NaN,
  ];
  const usual = left * (1 - part) + right * part;
  return Number.isFinite(usual) ? usual : null;
}

export function learnRhythm(rhythm: Rhythm, moment: number, value: number): void {
  const slot = Math.floor(positionOf(moment));
  if (slot !== rhythm.slot) {
    if (rhythm.count > 0) close(rhythm);
    rhythm.slot = slot;
    rhythm.sum = 0;
    rhythm.count = 0;
  }
  rhythm.sum += value;
  rhythm.count++;
}

function close({ means, from, slot, sum, count }: Rhythm): void {
  const known = means[from + slot] ?? Number.NaN;
  const passed = sum / count;
  means[from + slot] = Number.isNaN(known) ? passed : known + DAY_WEIGHT * (passed - known);
}

/** 0 to `SLOTS`, without its end. */
function positionOf(moment: number): number {
  return (((moment % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS;
}
