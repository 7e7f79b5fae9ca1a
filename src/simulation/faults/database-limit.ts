import type { Fault } from './fault.ts';
import { QUIET_INFLUENCE, ramp } from './fault.ts';

// Leaves about six connections to both replicas of orders, which want eight and more at busy moments.
const WANTED_CONNECTIONS = 43;

/** Another client takes the server's connections. The server refuses orders with 53300; more replicas would only hurt. */
export const databaseLimit: Fault = {
  id: 'database-limit',
  description: 'A reporting job opens connections until PostgreSQL refuses those of orders.',
  influence: (elapsedMs) => ({
    trafficFactor: 1 + 0.6 * ramp(elapsedMs, 60_000),
    otherConnections: Math.round(
      QUIET_INFLUENCE.otherConnections +
        (WANTED_CONNECTIONS - QUIET_INFLUENCE.otherConnections) * ramp(elapsedMs, 20_000),
    ),
  }),
};
