export interface Residual {
  readonly expected: { readonly low: number; readonly high: number };
  readonly unusual: number;
  readonly since: number | null;
}

const LEARNING = 30;
const SLOW = 1 / 50;
const SLOW_SPREAD = 1 / 200;
const BAND = 4;
const STILL_SHARE = 1e-3;

/** Distance from an exponentially weighted mean in mean deviations. */
export function createResidual(): { push(at: number, value: number): Residual } {
  let [mean, deviation, seen] = [0, 0, 0];
  let since: number | null = null;

  return {
    push(at, value) {
      const spread = Math.max(deviation, Math.abs(mean) * STILL_SHARE, 1e-9);
      const unusual = seen < LEARNING ? 0 : (value - mean) / spread;
      const [low, high] =
        seen < LEARNING
          ? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
          : [mean - BAND * spread, mean + BAND * spread];
      since = value < low || value > high ? (since ?? at) : null;
      if (seen > 0) deviation += Math.max(SLOW_SPREAD, 1 / (seen + 1)) * (Math.abs(value - mean) - deviation);
      mean += Math.max(SLOW, 1 / (seen + 1)) * (value - mean);
      seen++;
      return { expected: { low, high }, unusual, since };
    },
  };
}
