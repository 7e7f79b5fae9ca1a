import type { Obligation } from '../../domain/obligation.ts';
import { usersWell } from '../../verification/judge.ts';
import { readUsers } from '../../verification/users.ts';
import { recurrenceSignal } from '../recurrence.ts';
import type { Duty, DutyScene } from '../scene.ts';

/** Looks at users themselves after a resolution: no alert rule needs to exist for a recurrence to be seen. */
export const recurrenceWatch: Duty = {
  does: 'reads the users indicator until the window ends; bad twice in a row wakes the resolved incident',
  async run(obligation, scene) {
    const incident = obligation.incidentId === null ? null : await scene.deps.store.incident(obligation.incidentId);
    const plan = incident?.plans.find((item) => item.status === 'verified');
    if (incident?.phase !== 'resolved' || plan === undefined)
      return end(obligation, 'the incident is no longer waiting', scene);
    if (scene.now >= obligation.deadline) return end(obligation, 'did not come back', scene);

    const { recurrenceEveryMs } = scene.deps.settings;
    const well = usersWell(await readUsers(plan.measure, scene.reading(incident.id)), plan.measure);
    // `attempts` counts readings in a row that were bad; a good or unknown one starts over.
    if (well !== false) return { ...obligation, attempts: 0, wakeAt: scene.now + recurrenceEveryMs };
    if (obligation.attempts < 2) return { ...obligation, wakeAt: scene.now + recurrenceEveryMs };

    scene.change.signals.push(
      recurrenceSignal({ id: scene.deps.newId(), incidentId: incident.id, source: obligation.id, now: scene.now }),
    );
    return end(obligation, 'came back, by the users indicator', scene);
  },
};

function end(obligation: Obligation, outcome: string, scene: DutyScene): Obligation {
  scene.audit('obligation-ended', `recurrence-watch: ${outcome}`, { obligation: obligation.id, status: 'done' });
  return { ...obligation, status: 'done', outcome };
}
