import type { Incident } from '../domain/incident.ts';
import type { InboxHead } from '../ports/store.ts';

/** Occurrences that are followed one by one: the record is written at every tick, and more of them for one workload say nothing new. */
const MAX_FIRING = 256;

/** New signals change what is firing, never the phase. */
export function takeIn(incident: Incident, inbox: readonly InboxHead[], now: number): Incident {
  const firing = new Set(incident.firing);
  for (const { status, occurrence } of inbox) if (status === 'firing') firing.add(occurrence);
  // A resolve counts whichever came first: both carry the same occurrence.
  for (const { status, occurrence } of inbox) if (status === 'resolved') firing.delete(occurrence);
  return {
    ...incident,
    firing: [...firing].slice(-MAX_FIRING),
    inboxRead: Math.max(incident.inboxRead, ...inbox.map((entry) => entry.position)),
    lastSignalAt: inbox.length > 0 ? now : incident.lastSignalAt,
  };
}
