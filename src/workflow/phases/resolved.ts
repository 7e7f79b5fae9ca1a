import type { Incident } from '../../domain/incident.ts';
import { currentPlan } from '../../domain/incident.ts';
import { newIncident } from '../../domain/new-incident.ts';
import type { PhaseStep, Scene } from '../scene.ts';

/** The change helped. Until the recurrence window ends, the cause coming back opens a new, linked incident one rung up. */
export const resolved: PhaseStep = {
  does: 'users are better off; waits for the recurrence window to end',
  leadsTo: ['closed'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    return untilRecurrenceEnds(incident, scene, plan ? plan.rung + 1 : incident.startRung);
  },
};

/** The condition went by itself, or through another incident. */
export const selfResolved: PhaseStep = {
  does: 'the condition was gone before anything was done; waits for the recurrence window to end',
  leadsTo: ['closed'],
  async run(incident, scene) {
    return untilRecurrenceEnds(incident, scene, incident.startRung);
  },
};

/** Nothing happens to a closed incident. */
export const closed: PhaseStep = {
  does: 'final',
  leadsTo: [],
  async run(incident) {
    return { ...incident, wakeAt: null };
  },
};

function untilRecurrenceEnds(incident: Incident, scene: Scene, nextRung: number): Incident {
  // What began before the resolution is the tail of the same trouble.
  if (scene.newlyFiring.some((signal) => signal.startedAt >= incident.phaseSince))
    return comeBack(incident, scene, nextRung);
  const endsAt = incident.phaseSince + scene.deps.settings.recurrenceMs;
  if (scene.now < endsAt) return { ...incident, wakeAt: endsAt };
  return { ...incident, phase: 'closed' };
}

function comeBack(incident: Incident, scene: Scene, nextRung: number): Incident {
  const { settleMs } = scene.deps.settings;
  const { key, title, subject, firing, lastSignalAt } = incident;
  const again: Incident = {
    ...newIncident({ id: scene.deps.newId(), key, title, subject, now: scene.now, wakeAt: scene.now + settleMs }),
    firing,
    lastSignalAt,
    previousId: incident.id,
    startRung: nextRung,
  };
  scene.change.save.push({ record: again, expectedVersion: 0 });
  scene.audit('incident-opened', `${incident.id} came back as ${again.id}`, {
    previousId: incident.id,
    incidentId: again.id,
  });
  return {
    ...incident,
    phase: 'closed',
    causeKey: null,
    outcome: `${incident.outcome ?? ''}; came back as ${again.id}`,
  };
}
