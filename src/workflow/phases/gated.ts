import type { Incident } from '../../domain/incident.ts';
import { currentPlan } from '../../domain/incident.ts';
import type { Notification } from '../../domain/obligation.ts';
import type { Plan } from '../../domain/plan.ts';
import { type Decision, decide } from '../gating.ts';
import { withPlanStatus } from '../plan-status.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { escalate, summaryLines, tellOrSum } from '../telling.ts';

/** Facts once, every gate, all verdicts recorded; then the mode routes. */
export const gated: PhaseStep = {
  does: 'collects facts once, runs every gate, records all verdicts; then the mode routes',
  leadsTo: ['acting', 'held', 'watching', 'planning', 'diagnosing', 'self-resolved', 'escalated'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    if (plan === undefined) return { ...incident, phase: 'planning' };
    return route(incident, plan, await decide(incident, plan, scene), scene);
  },
};

/** Waits for time, data, budget or a person; looks again at every waking. */
export const held: PhaseStep = {
  does: 'waits for time, data, budget or a person; re-checks the gates at every waking',
  leadsTo: ['gated', 'acting', 'watching', 'planning', 'diagnosing', 'self-resolved', 'escalated'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    if (plan === undefined) return { ...incident, phase: 'planning' };
    const decision = await decide(incident, plan, scene);
    return route(incident, plan, decision, scene);
  },
};

/** What follows from a decision, in any phase that asks the gates. */
export async function route(before: Incident, plan: Plan, decision: Decision, scene: Scene): Promise<Incident> {
  const { incident } = decision;
  if (scene.now >= plan.deadline && (decision.kind === 'hold' || decision.kind === 'pass')) {
    const text = decision.kind === 'hold' ? decision.text : 'the gates pass it only now';
    return escalate(
      withPlanStatus(incident, plan.id, 'expired'),
      scene,
      `the plan was held past its deadline: ${text}`,
    );
  }
  switch (decision.kind) {
    case 'pass':
      scene.audit('gates-passed', `every gate passed: ${plan.preview.summary}`, { plan: plan.id, digest: plan.digest });
      return { ...incident, phase: 'acting' };
    case 'gone':
      scene.resolveNotice(`${incident.title}: gone by itself`);
      return {
        ...withPlanStatus(incident, plan.id, 'void'),
        phase: 'self-resolved',
        outcome: 'the condition was gone, by the users indicator and the detectors, before anything was done',
      };
    case 'world-moved':
      scene.audit('plan-voided', `the world moved: ${decision.text}`, { plan: plan.id });
      return replan(withPlanStatus(incident, plan.id, 'void'), plan, decision.text, scene);
    case 'other-cause':
      scene.audit('plan-voided', `it was a symptom: ${decision.text}`, { plan: plan.id });
      return {
        ...withPlanStatus(incident, plan.id, 'void'),
        phase: 'diagnosing',
        planId: null,
        worldMovedCount: incident.worldMovedCount + 1,
      };
    case 'hold':
      return hold(before, incident, plan, decision, scene);
    case 'deny':
      return denied(incident, plan, decision, scene);
  }
}

function replan(incident: Incident, plan: Plan, why: string, scene: Scene): Incident | Promise<Incident> {
  // A return has nothing to plan anew: someone else has changed what it was to undo.
  if (plan.direction === 'return')
    return escalate(incident, scene, `the change that was due for return is no longer as Hale left it: ${why}`);
  return { ...incident, phase: 'planning', planId: null, worldMovedCount: incident.worldMovedCount + 1 };
}

function hold(
  before: Incident,
  incident: Incident,
  plan: Plan,
  decision: Extract<Decision, { kind: 'hold' }>,
  scene: Scene,
): Incident {
  const { recheckMs } = scene.deps.settings;
  if (decision.reason === 'approval-awaited') {
    if (before.phase !== 'held')
      scene.audit('approval-requested', `asked for approval of: ${plan.preview.summary}`, {
        plan: plan.id,
        digest: plan.digest,
      });
    scene.tell({
      dedupeKey: `approval/${plan.digest}`,
      severity: 'page',
      kind: 'approval',
      title: `${incident.title}: may Hale ${plan.preview.summary}?`,
      lines: [
        `approve: hale approve ${incident.id} --digest ${plan.digest.slice(0, 12)}`,
        `refuse: hale refuse ${incident.id} --digest ${plan.digest.slice(0, 12)}`,
        `blast radius: ${plan.preview.blastRadius}`,
        ...summaryLines(incident),
      ],
    });
  }
  if (plan.direction === 'return' && (decision.reason === 'users-unmeasured' || heldLong(incident, scene))) {
    scene.tell({
      dedupeKey: `return-held/${incident.id}`,
      severity: 'warning',
      kind: 'returned',
      title: `${incident.title}: a return waits`,
      lines: [decision.text, ...summaryLines(incident)],
    });
  }
  const wakeAt = Math.max(
    scene.now + 1_000,
    Math.min(decision.until ?? Number.POSITIVE_INFINITY, scene.now + recheckMs),
  );
  return { ...incident, phase: 'held', wakeAt: Math.min(wakeAt, Math.max(plan.deadline, scene.now + 1_000)) };
}

/** A change is in place for longer than it was meant to be, and whoever could help does not know. */
function heldLong(incident: Incident, scene: Scene): boolean {
  return scene.now - incident.openedAt >= scene.deps.settings.returnHeldToldMs;
}

async function denied(
  incident: Incident,
  plan: Plan,
  decision: Extract<Decision, { kind: 'deny' }>,
  scene: Scene,
): Promise<Incident> {
  const stopped = withPlanStatus(incident, plan.id, 'denied');
  if (plan.direction === 'return') return escalate(stopped, scene, `a due return was denied: ${decision.text}`);
  const watched: Incident = { ...stopped, phase: 'watching', outcome: decision.text };
  if (decision.mode === 'observe') {
    const would = decision.onlyByMode
      ? plan.preview.summary
      : `not ${plan.preview.summary} yet: ${stopsBesideMode(stopped)}`;
    scene.audit('action-withheld', `would have done: ${would}`, {
      plan: plan.id,
      digest: plan.digest,
      reason: decision.reason,
    });
    return { ...watched, outcome: `observe: would have done: ${would}` };
  }
  const suggestion = decision.reason === 'mode-suggest';
  const page: Omit<Notification, 'incidentId'> = {
    dedupeKey: `denied/${incident.id}/${decision.reason}`,
    severity: suggestion ? 'warning' : 'page',
    kind: suggestion ? 'suggestion' : 'escalated',
    title: suggestion
      ? `${incident.title}: Hale suggests: ${plan.preview.summary}`
      : `${incident.title}: Hale refused to act`,
    lines: [decision.text, ...summaryLines(stopped)],
  };
  if (suggestion) scene.tell(page);
  else await tellOrSum(stopped, page, decision.text, scene);
  return watched;
}

/** What would have stood in the way in any mode. */
function stopsBesideMode(incident: Incident): string {
  const stops = incident.verdicts.filter(
    ({ gate, verdict }) => verdict.verdict !== 'pass' && gate !== 'mode' && gate !== 'approval',
  );
  return stops.map(({ gate, verdict }) => `${gate} (${verdict.reason})`).join(', ');
}
