import type { Approval } from '../domain/approval.ts';
import { HaleError } from '../domain/errors.ts';
import { currentPlan, type Incident } from '../domain/incident.ts';
import type { Plan } from '../domain/plan.ts';
import type { OperationsDeps } from './deps.ts';
import { findIncident } from './find-incident.ts';
import { modeInForce } from './modes.ts';
import type { AnswerResult } from './results.ts';

/** A tick may move the incident between the look and the commit; then it is looked at again. */
const MAX_TRIES = 5;
/** Phases in which a plan waits for its answer. */
const WAITING = new Set<Incident['phase']>(['gated', 'held']);

export interface PlanAnswer {
  readonly incidentId: string;
  /** At least 8 hexadecimal digits of the digest of the plan that the person saw. */
  readonly digest: string;
  readonly answer: 'approved' | 'refused';
  /** The name of the token that was used. */
  readonly by: string;
  readonly reason?: string | undefined;
}

/**
 * Stores a person's answer, bound to the full digest, in one commit with the incident at the version that was looked at: a plan that
 * changes meanwhile is never answered by accident. Errors: approval-invalid (other digest, not open, not asked for, answered
 * already, too late), usage-invalid, not-found, overloaded.
 */
export async function answerPlan(deps: OperationsDeps, given: PlanAnswer): Promise<AnswerResult> {
  const digest = given.digest.toLowerCase();
  if (!/^[0-9a-f]{8,64}$/.test(digest)) {
    throw new HaleError(
      'usage-invalid',
      `digest ${JSON.stringify(given.digest)}: write at least 8 of its hexadecimal digits, as shown by: hale show ${given.incidentId}`,
    );
  }
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const incident = await findIncident(deps, given.incidentId);
    const plan = await answerable(deps, incident, digest);
    const approval = approvalOf(deps, plan, given);
    const result = await deps.store.commit({
      save: [{ record: { ...incident, wakeAt: approval.at }, expectedVersion: incident.version }],
      approval,
      audit: [auditOf(deps, approval, plan, given)],
    });
    if (result === 'committed') {
      deps.hint({ record: 'incident', id: incident.id }, approval.at);
      const { planDigest, answer, by, expiresAt } = approval;
      return { incidentId: incident.id, plan: plan.preview.summary, planDigest, answer, by, expiresAt };
    }
  }
  throw new HaleError(
    'overloaded',
    'the incident kept changing while the answer was stored; nothing was stored, answer again',
  );
}

/** The plan that the answer is for; throws approval-invalid when there is none to answer. */
async function answerable(deps: OperationsDeps, incident: Incident, digest: string): Promise<Plan> {
  const plan = currentPlan(incident);
  if (plan === undefined || plan.status !== 'open' || !WAITING.has(incident.phase)) {
    throw invalid(
      incident,
      `has no plan that waits for an answer: its phase is ${incident.phase}${plan === undefined ? '' : `, its plan is ${plan.status}`}`,
    );
  }
  if (!plan.digest.startsWith(digest)) {
    throw invalid(
      incident,
      `has another plan now, with digest ${plan.digest.slice(0, 12)}: ${plan.preview.summary}. Look at it, then answer that one`,
    );
  }
  const earlier = await deps.store.approvalFor(plan.digest);
  if (earlier !== null) throw invalid(incident, `was answered already: ${earlier.by} ${earlier.answer} this plan`);
  if (plan.direction === 'return')
    throw invalid(incident, 'runs a return, which waits for measurements and not for an answer');

  const lowered = await deps.store.loweredAutonomy();
  const { mode, decidedBy } = modeInForce(
    deps,
    { id: plan.policyId, mode: plan.mode },
    plan.subject.namespace,
    lowered,
  );
  if (mode !== 'approve') {
    throw invalid(
      incident,
      `is in mode ${mode} (${decidedBy}), in which nobody is asked${mode === 'auto' ? '; hale freeze stops it' : ''}`,
    );
  }
  if (deps.clock.now() >= withinAnswerTime(deps, plan, plan.proposedAt))
    throw invalid(incident, 'was to be answered earlier: the time for an answer is over');
  return plan;
}

/** So long after `from` by the policy's time to answer, and never past the plan's own deadline (Unix ms). */
function withinAnswerTime({ policies }: OperationsDeps, plan: Plan, from: number): number {
  const loaded = policies.find(({ policy, hash }) => policy.id === plan.policyId && hash === plan.policyHash);
  if (loaded === undefined) return plan.deadline;
  return Math.min(plan.deadline, from + loaded.policy.limits.approvalWithin);
}

function approvalOf(deps: OperationsDeps, plan: Plan, { answer, by }: PlanAnswer): Approval {
  const at = deps.clock.now();
  return {
    id: deps.newId(),
    incidentId: plan.incidentId,
    planDigest: plan.digest,
    answer,
    by,
    at,
    expiresAt: withinAnswerTime(deps, plan, at),
    usedAt: null,
  };
}

function auditOf(deps: OperationsDeps, approval: Approval, plan: Plan, { reason }: PlanAnswer) {
  const said = reason === undefined ? '' : `: ${deps.redactText(reason)}`;
  return {
    at: approval.at,
    kind: approval.answer === 'approved' ? ('approval-given' as const) : ('approval-refused' as const),
    incidentId: approval.incidentId,
    text: `${approval.by} ${approval.answer}: ${plan.preview.summary}${said}`,
    data: { plan: plan.id, digest: plan.digest, by: approval.by, answer: approval.answer },
  };
}

function invalid(incident: Incident, what: string): HaleError {
  return new HaleError('approval-invalid', `incident ${incident.id} ${what}; see: hale why ${incident.id}`);
}
