import type { Incident } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';
import type { Scene } from './scene.ts';

/** Ends the returns that a plan owed, because its change was never made or is undone already. */
export async function voidReturns(incident: Incident, plan: Plan, why: string, scene: Scene): Promise<void> {
  const open = await scene.deps.store.obligations({
    openOnly: true,
    incidentId: incident.id,
    kind: 'return',
    limit: 20,
  });
  for (const obligation of open) {
    if (obligation.duty.kind !== 'return' || obligation.duty.planId !== plan.id) continue;
    scene.change.save.push({
      record: { ...obligation, status: 'void', outcome: why, wakeAt: null },
      expectedVersion: obligation.version,
    });
    scene.audit('obligation-ended', `return: void, ${why}`, { obligation: obligation.id, status: 'void' });
  }
}
