import type { Signal } from '../domain/signal.ts';

/** Tells a resolved incident that its cause is back, by Hale's own reading. `source`: what saw it; told once for each. */
export function recurrenceSignal(told: { id: string; incidentId: string; source: string; now: number }): Signal {
  const occurrence = `recurrence|${told.incidentId}|${told.source}`;
  return {
    id: told.id,
    kind: 'recurrence',
    dedupeKey: `${occurrence}|firing`,
    occurrence,
    status: 'firing',
    name: 'the cause is back',
    labels: {},
    annotations: {},
    generatorUrl: '',
    startedAt: told.now,
    receivedAt: told.now,
    incidentId: told.incidentId,
  };
}
