/** What a fault does to the shop, as a function of the virtual time since it began. */
export interface Fault {
  id: string;
  description: string;
  influence(elapsedMs: number): Influence;
}

export interface Influence {
  /** Users' requests, times the quiet rate. */
  trafficFactor: number;
  /** Connections that clients outside the shop want at the database. */
  otherConnections: number;
}

export const QUIET_INFLUENCE: Influence = { trafficFactor: 1, otherConnections: 8 };

/** From 0 to 1 over this time. */
export function ramp(elapsedMs: number, overMs: number): number {
  return Math.max(0, Math.min(1, elapsedMs / overMs));
}
