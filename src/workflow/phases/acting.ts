import { currentPlan, type Incident } from '../../domain/incident.ts';
import type { Plan } from '../../domain/plan.ts';
import { startVerification } from '../../verification/judge.ts';
import { readNeighbours, readUsers } from '../../verification/users.ts';
import { type ActionResult, carryOut } from '../action.ts';
import { decide } from '../gating.ts';
import { voidReturns } from '../owing.ts';
import { withPlanStatus } from '../plan-status.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { escalate } from '../telling.ts';
import { route } from './gated.ts';

/** Asks the gates once more with facts of this moment, commits the intent, writes, settles. */
export const acting: PhaseStep = {
  does: 'asks the gates with facts of this moment; prepares; commits the intent; writes; settles',
  leadsTo: ['verifying', 'planning', 'diagnosing', 'gated', 'held', 'watching', 'self-resolved', 'escalated'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    if (plan === undefined) return { ...incident, phase: 'planning' };
    if (incident.intentId !== null)
      return after(await carryOut(incident, plan, false, { reserve: [], approvalId: null }, scene), plan, scene);

    const decision = await decide(incident, plan, scene);
    if (decision.kind !== 'pass' || scene.now >= plan.deadline) return route(incident, plan, decision, scene);
    scene.step('decided');
    const [users, neighbours] = await Promise.all([
      readUsers(plan.measure, scene.reading),
      readNeighbours(plan.measure, scene.reading),
    ]);
    // Without what they were before, nobody could see neighbours get worse by this write.
    if (neighbours === null) return { ...decision.incident, wakeAt: scene.now + scene.deps.settings.recheckMs };
    const ready = { ...decision.incident, verification: startVerification(scene.now, users, neighbours) };
    return after(
      await carryOut(ready, plan, false, { reserve: decision.reserve, approvalId: decision.approvalId }, scene),
      plan,
      scene,
    );
  },
};

async function after(result: ActionResult, plan: Plan, scene: Scene): Promise<Incident> {
  const { incident } = result;
  switch (result.kind) {
    case 'applied':
      return { ...withPlanStatus(incident, plan.id, 'applied'), phase: 'verifying' };
    case 'unsettled':
      return { ...incident, wakeAt: result.lookAgainAt };
    case 'overtaken':
      return { ...incident, phase: 'gated' };
    case 'not-applied': {
      scene.change.release = { holder: incident.id, what: (await actedEarlier(incident, scene)) ? 'held' : 'all' };
      await voidReturns(incident, plan, `nothing was applied: ${result.why}`, scene);
      const next = withPlanStatus(incident, plan.id, result.refused ? 'failed' : 'void');
      if (plan.direction === 'return') return escalate(next, scene, `a due return could not be made: ${result.why}`);
      return {
        ...next,
        phase: 'planning',
        planId: null,
        intentId: null,
        verification: null,
        worldMovedCount: incident.worldMovedCount + (result.refused ? 0 : 1),
      };
    }
    case 'unknown':
      scene.change.release = { holder: incident.id, what: 'held' };
      return escalate(
        withPlanStatus(incident, plan.id, 'not-verified'),
        scene,
        `whether the change took effect is not known, so nothing more is written: ${result.why}`,
      );
  }
}

/** Budgets are counted by incident: what an earlier rung has spent stays spent when a later one was not applied. */
async function actedEarlier(incident: Incident, scene: Scene): Promise<boolean> {
  const intents = await scene.deps.store.intentsOf(incident.id);
  return intents.some((intent) => intent.id !== incident.intentId && intent.outcome?.result !== 'not-applied');
}
