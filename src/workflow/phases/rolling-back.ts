import { currentPlan, type Incident } from '../../domain/incident.ts';
import type { Plan } from '../../domain/plan.ts';
import { type ActionResult, carryOut } from '../action.ts';
import { frozenText } from '../gating.ts';
import { voidReturns } from '../owing.ts';
import { withPlanStatus } from '../plan-status.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { escalate } from '../telling.ts';

/** Undoes what did not help: an action of its own, with intent and settle. Waits while frozen. */
export const rollingBack: PhaseStep = {
  does: 'undoes a change that did not help, by an intent of its own; waits while frozen',
  leadsTo: ['planning', 'escalated'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    if (plan === undefined) return { ...incident, phase: 'planning' };
    const frozen = incident.intentId === null ? await frozenText(scene) : null;
    if (frozen !== null) return waitForThaw(incident, plan, frozen, scene);
    return after(await carryOut(incident, plan, true, { reserve: [], approvalId: null }, scene), plan, scene);
  },
};

function waitForThaw(incident: Incident, plan: Plan, frozen: string, scene: Scene): Incident {
  scene.tell({
    dedupeKey: `frozen/${incident.id}`,
    severity: 'page',
    kind: 'escalated',
    title: `${incident.title}: a rollback waits`,
    lines: [frozen, `to undo: ${plan.preview.summary}`],
  });
  return { ...incident, wakeAt: scene.now + scene.deps.settings.recheckMs };
}

async function after(result: ActionResult, plan: Plan, scene: Scene): Promise<Incident> {
  const { incident } = result;
  const why = incident.outcome ?? 'it did not help';
  switch (result.kind) {
    case 'applied': {
      scene.change.release = { holder: incident.id, what: 'held' };
      const undone = withPlanStatus(incident, plan.id, 'rolled-back');
      if (plan.direction === 'return')
        return escalate(
          undone,
          scene,
          `${why} after the return, so the change was put back once: ${plan.preview.summary}`,
        );
      await voidReturns(incident, plan, 'rolled back already', scene);
      return { ...undone, phase: 'planning', planId: null, intentId: null, verification: null };
    }
    case 'unsettled':
      return { ...incident, wakeAt: result.lookAgainAt };
    case 'overtaken':
      return { ...incident, wakeAt: scene.now + scene.deps.settings.recheckMs };
    case 'not-applied':
    case 'unknown':
      scene.change.release = { holder: incident.id, what: 'held' };
      return escalate(
        withPlanStatus(incident, plan.id, 'failed'),
        scene,
        `${why}, and it could not be undone: ${result.why}`,
      );
  }
}
