import { HaleError } from '../../domain/errors.ts';
import type { Incident } from '../../domain/incident.ts';
import { newIncident } from '../../domain/new-incident.ts';
import type { Obligation } from '../../domain/obligation.ts';
import { type Plan, planDigest } from '../../domain/plan.ts';
import { subjectName } from '../../domain/subject.ts';
import type { Duty, DutyScene } from '../scene.ts';

/** How often a return under way is looked at. */
const FOLLOW_EVERY_MS = 15_000;

/**
 * Undoes a time-boxed change when due. The work itself runs as a linked incident of purpose `return`, through the same
 * phases and gates as any other change, from `gated` on.
 */
export const returning: Duty = {
  does: 'opens the linked incident that undoes the change through the same gates, and follows it to its end',
  async run(obligation, scene) {
    if (obligation.duty.kind !== 'return') return obligation;
    const { returnIncidentId } = obligation.duty;
    return returnIncidentId === null
      ? open(obligation, obligation.duty, scene)
      : follow(obligation, returnIncidentId, scene);
  },
};

async function open(
  obligation: Obligation,
  duty: Extract<Obligation['duty'], { kind: 'return' }>,
  scene: DutyScene,
): Promise<Obligation> {
  const { store } = scene.deps;
  const intent = await store.intent(duty.intentId);
  const origin = obligation.incidentId === null ? null : await store.incident(obligation.incidentId);
  const plan = origin?.plans.find((item) => item.id === duty.planId);
  if (intent === null || origin === null || plan === undefined)
    throw new HaleError('internal-error', `return ${obligation.id} has lost its intent or plan`);
  // The change is still being made or judged: its end decides whether there is anything to return.
  if (
    intent.outcome === null ||
    origin.phase === 'acting' ||
    origin.phase === 'verifying' ||
    origin.phase === 'rolling-back'
  ) {
    return { ...obligation, attempts: 0, wakeAt: scene.now + FOLLOW_EVERY_MS };
  }
  if (intent.outcome.result === 'not-applied') return { ...obligation, status: 'void', outcome: 'nothing was applied' };

  const incident = returnIncident(obligation, origin, plan, intent.id, scene);
  scene.change.save.push({ record: incident, expectedVersion: 0 });
  scene.audit('incident-opened', `a return is due: ${plan.preview.summary}, to be undone`, {
    incidentId: incident.id,
    obligation: obligation.id,
  });
  return {
    ...obligation,
    attempts: 0,
    wakeAt: scene.now + FOLLOW_EVERY_MS,
    duty: { ...duty, returnIncidentId: incident.id },
  };
}

function returnIncident(
  obligation: Obligation,
  origin: Incident,
  forward: Plan,
  intentId: string,
  scene: DutyScene,
): Incident {
  const id = scene.deps.newId();
  const plan = returnPlan(forward, id, intentId, obligation.deadline, scene);
  const { subject } = forward;
  const { findings, causes, startRung, evidenceSaved } = origin;
  return {
    ...newIncident({
      id,
      key: `return:${obligation.id}`,
      title: `return of: ${forward.preview.summary}`,
      subject,
      now: scene.now,
      wakeAt: scene.now,
    }),
    purpose: 'return',
    phase: 'gated',
    previousId: origin.id,
    // Why the change was made is why it is undone.
    findings,
    causes,
    startRung,
    evidenceSaved,
    plans: [plan],
    planId: plan.id,
  };
}

/** The forward plan mirrored: what it left is what the write now tests. */
function returnPlan(forward: Plan, incidentId: string, intentId: string, deadline: number, scene: DutyScene): Plan {
  const changes = forward.preview.changes.map(({ field, before, after }) => ({ field, before: after, after: before }));
  const touches = Object.fromEntries(
    Object.entries(forward.preview.touches).map(([field, value]) => [field, mirrored(forward, field, value)]),
  );
  const replicasBefore = Number(forward.preview.changes.find((change) => change.field === 'spec.replicas')?.before);
  const preview = {
    summary: `undo: ${forward.preview.summary} (${subjectName(forward.subject)}: ${changes.map((change) => `${change.field} ${change.before} -> ${change.after}`).join(', ')})`,
    changes,
    blastRadius: forward.preview.blastRadius,
    touches,
    ...(Number.isInteger(replicasBefore) ? { replicasAfter: replicasBefore } : {}),
  };
  const draft = { ...forward, incidentId, attempt: 1, direction: 'return' as const, preview };
  return {
    ...draft,
    id: scene.deps.newId(),
    digest: planDigest(draft),
    proposedAt: scene.now,
    deadline,
    returnAfterMs: null,
    returnOfIntentId: intentId,
    status: 'open',
  };
}

function mirrored(forward: Plan, field: string, value: string | number | boolean): string | number | boolean {
  const change = forward.preview.changes.find((item) => item.field === field);
  if (change === undefined) return value;
  return typeof value === 'number' ? Number(change.after) : change.after;
}

async function follow(obligation: Obligation, incidentId: string, scene: DutyScene): Promise<Obligation> {
  const incident = await scene.deps.store.incident(incidentId);
  const phase = incident?.phase ?? 'closed';
  if (phase !== 'resolved' && phase !== 'closed' && phase !== 'escalated')
    return { ...obligation, attempts: 0, wakeAt: scene.now + FOLLOW_EVERY_MS };
  const status = incident?.plans[0]?.status === 'verified' ? 'done' : 'failed';
  const outcome = incident?.outcome ?? 'the incident that ran the return is gone';
  scene.audit('obligation-ended', `return: ${status}: ${outcome}`, { obligation: obligation.id, status });
  return { ...obligation, status, outcome };
}
