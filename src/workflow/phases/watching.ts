import type { Incident } from '../../domain/incident.ts';
import type { PhaseStep, Scene } from '../scene.ts';

/** Takes in signals until it has been quiet; never acts. */
export const watching: PhaseStep = {
  does: 'takes in signals, never acts, until quiet',
  leadsTo: ['diagnosing', 'closed'],
  async run(incident, scene) {
    if (scene.newlyFiring.length > 0) return { ...incident, phase: 'diagnosing', quietSince: null };
    const next = untilQuiet(incident, scene);
    if (next.phase === 'closed' && next.firing.length === 0) scene.resolveNotice(`${incident.title}: quiet again`);
    return next;
  },
};

/** Closes after quiet (nothing fires) or silence (no word at all). */
export function untilQuiet(incident: Incident, scene: Scene): Incident {
  const { quietMs, silenceMs } = scene.deps.settings;
  const silentAt = incident.lastSignalAt + silenceMs;
  if (scene.now >= silentAt)
    return { ...incident, phase: 'closed', outcome: `${incident.outcome ?? 'watched'}; closed without further word` };
  if (incident.firing.length > 0) return { ...incident, quietSince: null, wakeAt: silentAt };
  const quietSince = incident.quietSince ?? scene.now;
  if (scene.now - quietSince >= quietMs) return { ...incident, phase: 'closed' };
  return { ...incident, quietSince, wakeAt: quietSince + quietMs };
}
