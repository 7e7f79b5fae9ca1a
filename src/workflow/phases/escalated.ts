import type { PhaseStep } from '../scene.ts';
import { untilQuiet } from './watching.ts';

/** A person has it. Watched until quiet; then the same channel is told that it is over. */
export const escalated: PhaseStep = {
  does: 'a person has it; watched until quiet',
  leadsTo: ['closed'],
  async run(incident, scene) {
    const next = untilQuiet(incident, scene);
    if (next.phase === 'closed') scene.resolveNotice(`${incident.title}: quiet again`);
    return next;
  },
};
