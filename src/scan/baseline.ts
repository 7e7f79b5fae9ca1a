/** What a value is compared with. */
export interface Expected {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** By how many usual deviations the value is off. */
  readonly deviations: number;
}

/** State per series in numbers: mean, deviation, how many values it has seen. */
export const NUMBERS_PER_SERIES = 3;
export const BYTES_PER_SERIES = NUMBERS_PER_SERIES * 4;

const MEAN = 0;
const DEVIATION = 1;
const SEEN = 2;

/** Values that are needed before anything is said. */
export const LEARNING = 20;
/** How much one value moves the mean, once it is known: an hour of quarter minutes. */
const SLOW = 1 / 240;
/** What is unusual moves it less, so that trouble does not become usual before it is over. */
const UNUSUAL = 0.1;
const BAND = 6;
/** A series that never moved still has a band. */
const LEAST_RELATIVE_DEVIATION = 0.02;

/**
 * Compares a value with the exponentially weighted mean and mean deviation of those before it, then takes it in. The state is three numbers at `at`
 * of `state`. Null while it is learning. The weights begin as those of a plain mean, so that a short past counts in full.
 */
export function judge(state: Float32Array, at: number, value: number): Expected | null {
  const seen = state[at + SEEN] ?? 0;
  const mean = state[at + MEAN] ?? 0;
  const deviation = Math.max(state[at + DEVIATION] ?? 0, Math.abs(mean) * LEAST_RELATIVE_DEVIATION, 1e-6);
  const off = Math.abs(value - mean) / deviation;
  const unusual = seen >= LEARNING && off > BAND;
  const weight = Math.max(SLOW, 1 / (seen + 1)) * (unusual ? UNUSUAL : 1);
  state[at + MEAN] = mean + weight * (value - mean);
  if (seen > 0)
    state[at + DEVIATION] =
      (state[at + DEVIATION] ?? 0) + weight * (Math.abs(value - mean) - (state[at + DEVIATION] ?? 0));
  state[at + SEEN] = Math.min(seen + 1, 1 / SLOW);
  if (seen < LEARNING) return null;
  return { mean, low: mean - BAND * deviation, high: mean + BAND * deviation, deviations: off };
}
