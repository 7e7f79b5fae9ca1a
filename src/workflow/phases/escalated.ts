import type { PhaseStep } from '../scene.ts';
import { untilQuiet } from './watching.ts';

/** A person has it. Watched until quiet; then the same channel is told that it is over. */
export const escalated: PhaseStep = {
  does: 'a person has it; watched until quiet',
  leadsTo: ['closed'],
  async run(incident, scene) {
    // No alert tells whether a change that could not be taken back was taken back: the page stays until a person ends it.
    if (incident.purpose === 'return') {
      const endsAt = incident.phaseSince + scene.deps.settings.silenceMs;
      return scene.now < endsAt ? { ...incident, wakeAt: endsAt } : { ...incident, phase: 'closed' };
    }
    const next = untilQuiet(incident, scene);
    if (next.phase === 'closed' && next.firing.length === 0) scene.resolveNotice(`${incident.title}: quiet again`);
    return next;
  },
};
