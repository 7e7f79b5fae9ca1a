const DAY_MS = 86_400_000;
/** Half hours: finer ones would have seen too few values of a series that comes every five minutes. */
const SLOTS = 48;
const SLOT_MS = DAY_MS / SLOTS;
/** A slot forgets with this weight per day that passes through it. */
const DAY_WEIGHT = 1 / 4;

/** The mean of each half hour of the day (UTC; a rhythm does not mind the zone), learnt over days. */
export interface Rhythm {
  /** Between the middles of slots, linearly; null while one of them has not been seen on an earlier day. */
  at(moment: number): number | null;
  learn(moment: number, value: number): void;
  readonly bytes: number;
}

export function createRhythm(): Rhythm {
  const means = new Float64Array(SLOTS);
  const days = new Uint8Array(SLOTS);
  let [open, sum, count] = [-1, 0, 0];

  /** A slot takes in the mean of one pass through it when the pass is over: what runs now must not be compared with itself. */
  function close(): void {
    const passed = days[open] ?? 0;
    const weight = Math.max(DAY_WEIGHT, 1 / (passed + 1));
    means[open] = (means[open] ?? 0) + weight * (sum / count - (means[open] ?? 0));
    days[open] = Math.min(passed + 1, 255);
  }

  return {
    bytes: means.byteLength + days.byteLength,
    at(moment) {
      const place = positionOf(moment) - 0.5;
      const before = (Math.floor(place) + SLOTS) % SLOTS;
      const after = (before + 1) % SLOTS;
      if (days[before] === 0 || days[after] === 0) return null;
      const part = place - Math.floor(place);
      return (means[before] ?? 0) * (1 - part) + (means[after] ?? 0) * part;
    },
    learn(moment, value) {
      const slot = Math.floor(positionOf(moment));
      if (slot !== open) {
        if (count > 0) close();
        [open, sum, count] = [slot, 0, 0];
      }
      sum += value;
      count++;
    },
  };
}

/** 0 to `SLOTS`, without its end. */
function positionOf(moment: number): number {
  return (((moment % DAY_MS) + DAY_MS) % DAY_MS) / SLOT_MS;
}
