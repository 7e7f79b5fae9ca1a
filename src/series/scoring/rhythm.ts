const DAY_MS = 86_400_000;
/** Half hours: finer ones would have seen too few values of a series that comes every five minutes. */
const SLOTS = 48;
const SLOT_MS = DAY_MS / SLOTS;
/** A slot forgets with this weight per day that passes through it. */
const DAY_WEIGHT = 1 / 4;

/** The mean of each half hour of the day (UTC; a rhythm does not mind the zone), learnt over days. */
export interface Rhythm {
  /** NaN where no earlier day passed. */
  readonly means: Float32Array;
  /** The slot that runs now: what is in it must not be compared with itself, so it counts when it is over. */
  slot: number;
  sum: number;
  count: number;
}

export function createRhythm(): Rhythm {
  return { means: new Float32Array(SLOTS).fill(Number.NaN), slot: -1, sum: 0, count: 0 };
}

/** Between the middles of slots, linearly; null while one of them has not been seen on an earlier day. */
export function usualAt({ means }: Rhythm, moment: number): number | null {
  const place = positionOf(moment) - 0.5;
  const before = Math.floor(place);
  const part = place - before;
  const [left, right] = [means[(before + SLOTS) % SLOTS] ?? Number.NaN, means[(before + 1) % SLOTS] ?? Number.NaN];
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

function close({ means, slot, sum, count }: Rhythm): void {
  const known = means[slot] ?? Number.NaN;
  const passed = sum / count;
  means[slot] = Number.isNaN(known) ? passed : known + DAY_WEIGHT * (passed - known);
}

/** 0 to `SLOTS`, without its end. */
function positionOf(moment: number): number {
  return (((moment % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS;
}
