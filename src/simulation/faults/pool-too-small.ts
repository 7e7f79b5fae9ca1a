import type { Fault } from './fault.ts';
import { QUIET_INFLUENCE, ramp } from './fault.ts';

const PEAK_FACTOR = 3.6;

/** More orders than two replicas have connections for; the database has room. More replicas of orders heal it. */
export const poolTooSmall: Fault = {
  id: 'pool-too-small',
  description: 'Traffic grows until requests of orders wait for a connection of its pools.',
  influence: (elapsedMs) => ({
    ...QUIET_INFLUENCE,
    trafficFactor: 1 + (PEAK_FACTOR - 1) * ramp(elapsedMs, 30_000),
  }),
};
