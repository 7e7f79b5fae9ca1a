import { HaleError } from '../../domain/errors.ts';
import { currentPlan, type Incident, type VerificationState } from '../../domain/incident.ts';
import type { Intent } from '../../domain/intent.ts';
import type { Plan } from '../../domain/plan.ts';
import { rulesHash } from '../../domain/policy.ts';
import { subjectName } from '../../domain/subject.ts';
import { measureFeltBy } from '../../policies/index.ts';
import { judge } from '../../verification/judge.ts';
import { readNeighbours, readUsers, readUsersElsewhere } from '../../verification/users.ts';
import { voidReturns } from '../owing.ts';
import { withPlanStatus } from '../plan-status.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { escalate, summaryLines } from '../telling.ts';

/** Measures whether users are better off; writes nothing. */
export const verifying: PhaseStep = {
  does: 'measures the users indicator and the change until held good, bad, or unknown at the deadline; writes nothing',
  leadsTo: ['resolved', 'rolling-back', 'planning', 'escalated'],
  async run(incident, scene) {
    const plan = currentPlan(incident);
    const intent = incident.intentId === null ? null : await scene.deps.store.intent(incident.intentId);
    if (plan === undefined || intent === null || incident.verification === null)
      throw new HaleError('internal-error', `incident ${incident.id} verifies without plan, intent or state`);

    const state = await look(incident, incident.verification, plan, intent, scene);
    const looked: Incident = { ...incident, verification: state };
    scene.audit('verification-read', readingText(state, plan), {
      indicator: state.last?.indicator ?? null,
      trafficPerS: state.last?.trafficPerS ?? null,
      limit: plan.measure.goodAtMost,
    });
    if (state.verdict === 'pending') return { ...looked, wakeAt: scene.now + scene.deps.settings.verifyEveryMs };
    scene.audit('verification-ended', `${state.verdict}: ${readingText(state, plan)}`, { verdict: state.verdict });
    scene.deps.meter.verified(plan.remediation, state.verdict);
    return conclude(looked, plan, state, scene);
  },
};

/** Most incidents that follow and whose users are asked as well. */
const MAX_FELT_ELSEWHERE = 5;

/** The workloads of the incidents that follow this one: what their users feel is explained by the same cause. */
async function measuresElsewhere({ id, subject }: Incident, plan: Plan, scene: Scene) {
  const followers = await scene.deps.store.followersOf(id, MAX_FELT_ELSEWHERE);
  const subjects = followers.flatMap((one) => one.subject ?? []).filter(({ uid }) => uid !== subject?.uid);
  return [...new Map(subjects.map((one) => [one.uid, one])).values()].flatMap((one) => {
    const queries = measureFeltBy(plan.measure, one);
    return queries === null ? [] : [{ ...queries, feltBy: subjectName(one) }];
  });
}

async function look(
  incident: Incident,
  state: VerificationState,
  plan: Plan,
  intent: Intent,
  scene: Scene,
): Promise<VerificationState> {
  const remediation = scene.deps.remediations.get(plan.remediation);
  if (remediation === undefined) throw new HaleError('internal-error', `remediation ${plan.remediation} is not known`);
  const others = await measuresElsewhere(incident, plan, scene);
  const [effect, users, elsewhere, neighbours] = await Promise.all([
    // A cluster that cannot be asked leaves the effect pending; the deadline still ends the wait.
    remediation.effect(plan.params, intent.checkpoint, intent.direction, scene.reading).catch((error: unknown) => {
      scene.deps.log.info({ incidentId: intent.incidentId, err: error }, 'effect could not be read');
      return 'pending' as const;
    }),
    readUsers(plan.measure, scene.reading),
    readUsersElsewhere(others, scene.reading),
    readNeighbours(plan.measure, scene.reading),
  ]);
  return judge(state, { now: scene.now, effect, users, elsewhere, neighbours }, plan.measure);
}

async function conclude(incident: Incident, plan: Plan, state: VerificationState, scene: Scene): Promise<Incident> {
  switch (state.verdict) {
    case 'recovered':
      return recovered(incident, plan, state, scene);
    case 'unknown':
      scene.change.release = { holder: incident.id, what: 'held' };
      return escalate(
        withPlanStatus(incident, plan.id, 'not-verified'),
        scene,
        `users could not be measured by the deadline, so nothing more is written. Applied and not verified: ${plan.preview.summary}`,
      );
    case 'reverted':
      if (await isDeleted(plan, scene)) return deleted(incident, plan, scene);
      scene.change.release = { holder: incident.id, what: 'held' };
      lowerAutonomy(plan, 'its change was reverted by another', scene);
      await voidReturns(incident, plan, 'reverted by another writer already', scene);
      return escalate(
        withPlanStatus(incident, plan.id, 'failed'),
        scene,
        `another writer reverted the change; Hale stops: ${plan.preview.summary}`,
      );
    case 'worse':
      lowerAutonomy(plan, 'users got worse', scene);
      return undo(incident, plan, 'users got worse', scene);
    case 'persisting':
    case 'failed':
      return undo(
        incident,
        plan,
        state.verdict === 'failed' ? 'the change did not take effect' : 'it did not help',
        scene,
      );
    case 'pending':
      return incident;
  }
}

/** Whoever deletes a workload has not judged the change. Where nobody can tell, it counts as reverted, which is the more careful. */
async function isDeleted({ subject }: Plan, scene: Scene): Promise<boolean> {
  try {
    const workload = await scene.deps.cluster.freshWorkload(subject, scene.reading.signal);
    return workload?.subject.uid !== subject.uid;
  } catch (error) {
    scene.deps.log.info({ subject: subjectName(subject), err: error }, 'whether it was deleted could not be read');
    return false;
  }
}

async function deleted(incident: Incident, plan: Plan, scene: Scene): Promise<Incident> {
  scene.change.release = { holder: incident.id, what: 'held' };
  await voidReturns(incident, plan, 'the workload was deleted', scene);
  return escalate(
    withPlanStatus(incident, plan.id, 'not-verified'),
    scene,
    `${subjectName(plan.subject)} was deleted while the change was verified, so nothing is left to undo: ${plan.preview.summary}`,
  );
}

function recovered(incident: Incident, plan: Plan, state: VerificationState, scene: Scene): Incident {
  const { recurrenceMs } = scene.deps.settings;
  scene.change.release = { holder: incident.id, what: 'held' };
  const figures = `${format(state.before.indicator, plan)} -> ${format(state.last?.indicator ?? null, plan)}, good is at most ${format(plan.measure.goodAtMost, plan)}`;
  const outcome = `${plan.direction === 'return' ? 'returned' : 'healed'}: ${plan.preview.summary}; users: ${figures}`;
  if (incident.causeKey !== null) {
    scene.owe({
      duty: { kind: 'recurrence-watch', causeKey: incident.causeKey },
      dueAt: scene.now + scene.deps.settings.recurrenceEveryMs,
      deadline: scene.now + recurrenceMs,
    });
  }
  scene.tell({
    dedupeKey: `acted/${incident.id}`,
    severity: 'info',
    kind: plan.direction === 'return' ? 'returned' : 'acted',
    title: `${incident.title}: ${outcome}`,
    lines: summaryLines(incident),
  });
  return { ...withPlanStatus(incident, plan.id, 'verified'), phase: 'resolved', outcome };
}

function undo(incident: Incident, plan: Plan, why: string, scene: Scene): Incident {
  const remediation = scene.deps.remediations.get(plan.remediation);
  if (typeof remediation?.rollback === 'function')
    return { ...incident, phase: 'rolling-back', intentId: null, outcome: why };
  scene.change.release = { holder: incident.id, what: 'held' };
  return {
    ...withPlanStatus(incident, plan.id, 'failed'),
    phase: 'planning',
    planId: null,
    intentId: null,
    verification: null,
  };
}

/** Autonomy falls by itself: until a person raises it again in the policy file, this policy asks first here. */
function lowerAutonomy(plan: Plan, reason: string, scene: Scene): void {
  scene.change.autonomy = {
    policyId: plan.policyId,
    namespace: plan.subject.namespace,
    mode: 'approve',
    rulesHash: rulesHash(scene.policies, plan.policyId),
    by: 'hale',
    reason,
    at: scene.now,
  };
  scene.audit('autonomy-lowered', `${plan.policyId} in ${plan.subject.namespace}: approve, for ${reason}`, {
    policy: plan.policyId,
    namespace: plan.subject.namespace,
    mode: 'approve',
  });
}

function readingText(state: VerificationState, plan: Plan): string {
  const traffic = state.last?.trafficPerS ?? null;
  const { feltBy } = state.last ?? {};
  return `users${feltBy === undefined ? '' : ` of ${feltBy}`} ${format(state.last?.indicator ?? null, plan)} (before ${format(state.before.indicator, plan)}, good at most ${format(plan.measure.goodAtMost, plan)}), traffic ${traffic === null ? 'unknown' : `${traffic.toFixed(1)}/s`}`;
}

function format(value: number | null, plan: Plan): string {
  if (value === null) return 'unknown';
  if (plan.measure.unit === 'seconds') return `${Math.round(value * 1000)} ms`;
  if (plan.measure.unit === 'ratio') return `${(value * 100).toFixed(1)} %`;
  return value.toPrecision(3);
}
