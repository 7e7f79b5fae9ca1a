import type { PhaseStep } from '../scene.ts';

/** Waits a moment, so that the signals of one trouble come to one diagnosis. */
export const collecting: PhaseStep = {
  does: 'lets the signals of one subject gather for a short settle time',
  leadsTo: ['diagnosing', 'escalated'],
  async run(incident, scene) {
    const settledAt = incident.openedAt + scene.deps.settings.settleMs;
    if (scene.now < settledAt) return { ...incident, wakeAt: settledAt };
    return { ...incident, phase: 'diagnosing' };
  },
};
