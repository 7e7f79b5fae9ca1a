import type { Fault } from '../fault.ts';

/** An ordinary day: whatever Hale opens here is a false alarm. */
export const quiet: Fault = {
  id: 'quiet',
  description: 'nothing is wrong: the shop serves its usual load',
  smoke: false,
  quietRatePerS: 20,
  causeExpected: null,
  leverExpected: null,
  mayMove: [],
  on: async () => undefined,
  off: async () => undefined,
};
