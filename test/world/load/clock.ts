/** Randomness from a seed: mulberry32 by Tommy Ettinger (public domain), 32 bits of state, enough for arrival times. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Time to the next arrival of a Poisson process, in milliseconds. */
export function nextGapMs(random: () => number, ratePerS: number): number {
  // 1 - x is never 0, so that the logarithm is finite.
  return (-Math.log(1 - random()) / ratePerS) * 1000;
}
