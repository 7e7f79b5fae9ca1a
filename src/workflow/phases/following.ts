import type { PhaseStep } from '../scene.ts';

/** Phases in which a leader has ended its work on the cause. */
const ENDED = new Set(['watching', 'escalated', 'resolved', 'self-resolved', 'closed']);

/** Another incident leads the same cause: this one never acts, and ends with it. */
export const following: PhaseStep = {
  does: 'never acts; ends with the incident that leads the same cause',
  leadsTo: ['diagnosing', 'closed', 'escalated'],
  async run(incident, scene) {
    const { settings, store } = scene.deps;
    const leader = incident.leaderId === null ? null : await store.incident(incident.leaderId);
    const ended = leader === null || ENDED.has(leader.phase);
    const open =
      leader !== null && leader.phase !== 'closed' && leader.phase !== 'resolved' && leader.phase !== 'self-resolved';
    if (!ended || (open && incident.firing.length > 0))
      return { ...incident, wakeAt: scene.now + settings.recheckMs, wellSince: null };

    if (incident.firing.length === 0) {
      return {
        ...incident,
        phase: 'closed',
        outcome: `ended with ${incident.leaderId ?? 'its leader'}${leader?.outcome ? `: ${leader.outcome}` : ''}`,
      };
    }
    // Alerts resolve some time after the cause: only what still fires after that time is a trouble of its own.
    const since = incident.wellSince ?? scene.now;
    if (scene.now - since < settings.diagnosisPatienceMs)
      return { ...incident, wellSince: since, wakeAt: scene.now + settings.recheckMs };
    return { ...incident, phase: 'diagnosing', leaderId: null, wellSince: null };
  },
};
