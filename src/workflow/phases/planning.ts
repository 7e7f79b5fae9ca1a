import { isHaleError } from '../../domain/errors.ts';
import { EvidenceKind } from '../../domain/evidence.ts';
import type { Cause } from '../../domain/finding.ts';
import type { Incident } from '../../domain/incident.ts';
import { type Plan, planDigest } from '../../domain/plan.ts';
import type { LoadedPolicy, Rung } from '../../domain/policy.ts';
import { REASONS } from '../../domain/reason.ts';
import { subjectName } from '../../domain/subject.ts';
import type { Remediation } from '../../plugin/remediation.ts';
import { matchPolicies, renderMeasure } from '../../policies/index.ts';
import type { WorkloadView } from '../../ports/cluster.ts';
import type { PhaseStep, Scene } from '../scene.ts';
import { escalate } from '../telling.ts';

/** Rungs with a plan in one of these states are not tried again in the same incident. */
const TRIED: ReadonlySet<Plan['status']> = new Set(['rolled-back', 'failed', 'not-verified', 'denied', 'verified']);

/** Remediations that handle the cause propose on the cause's subject; code computes the preview; the plan is frozen under its digest. */
export const planning: PhaseStep = {
  does: 'matches policies, lets remediations propose on the cause, previews, freezes the plan under a digest',
  leadsTo: ['gated', 'escalated', 'diagnosing'],
  async run(incident, scene) {
    const [cause] = incident.causes;
    if (cause === undefined) return { ...incident, phase: 'diagnosing' };
    if (incident.worldMovedCount > scene.deps.settings.maxWorldMoves) {
      return escalate(incident, scene, `the world moved under the plan ${incident.worldMovedCount} times`);
    }
    const workload = await scene.deps.cluster.freshWorkload(cause.subject, scene.reading.signal);
    if (workload?.subject.uid !== cause.subject.uid)
      return escalate(incident, scene, `${subjectName(cause.subject)} no longer exists`);
    scene.reading.keep({
      kind: 'cluster-object',
      source: 'kubernetes',
      title: subjectName(cause.subject),
      query: subjectName(cause.subject),
      body: workload,
    });

    const { matched, notMatched } = matchPolicies(cause, workload, scene.policies);
    const why: string[] = notMatched.map((item) => `policy ${item.policyId}: ${item.why}`);
    for (const loaded of matched) {
      const plan = await firstProposal(incident, cause, workload, loaded, scene, why);
      if (plan) return freeze(incident, plan, scene);
    }
    return escalate(incident, scene, nothingText(cause, why));
  },
};

async function firstProposal(
  incident: Incident,
  cause: Cause,
  workload: WorkloadView,
  loaded: LoadedPolicy,
  scene: Scene,
  why: string[],
): Promise<Plan | null> {
  for (const [index, rung] of loaded.policy.ladder.entries()) {
    if (index < incident.startRung) {
      why.push(`${rung.remediation}: did not last the last time`);
      continue;
    }
    if (
      incident.plans.some((plan) => plan.policyId === loaded.policy.id && plan.rung === index && TRIED.has(plan.status))
    ) {
      why.push(`${rung.remediation}: tried already`);
      continue;
    }
    const plan = await propose(incident, cause, workload, loaded, index, rung, scene);
    if (typeof plan !== 'string') return plan;
    why.push(`${rung.remediation}: ${plan}`);
    scene.audit('remediation-declined', `${rung.remediation}: ${plan}`, { policy: loaded.policy.id, rung: index });
  }
  return null;
}

/** The plan of one rung, or why there is none. */
async function propose(
  incident: Incident,
  cause: Cause,
  workload: WorkloadView,
  loaded: LoadedPolicy,
  index: number,
  rung: Rung,
  scene: Scene,
): Promise<Plan | string> {
  const remediation = scene.deps.remediations.get(rung.remediation);
  if (remediation === undefined) return 'is not known';
  const proposal = await remediation.propose(cause, rung.settings, scene.reading);
  if ('declined' in proposal) return proposal.declined;
  const { policy } = loaded;
  try {
    const preview = await remediation.preview(cause, proposal.params, scene.reading);
    const draft = {
      incidentId: incident.id,
      attempt: attemptOf(incident, policy.id, index, remediation),
      remediation: remediation.id,
      params: proposal.params,
      policyHash: loaded.hash,
      direction: 'forward' as const,
      subject: cause.subject,
      preview,
    };
    return {
      ...draft,
      id: scene.deps.newId(),
      policyId: policy.id,
      rung: index,
      risk: remediation.risk,
      causeReason: cause.reason,
      mode: policy.mode,
      digest: planDigest(draft),
      proposedAt: scene.now,
      deadline: scene.now + policy.limits.planDeadline,
      returnAfterMs: rung.returnAfter ?? null,
      returnOfIntentId: null,
      measure: renderMeasure(policy.verification, workload, incident.subject ?? undefined),
      status: 'open',
    };
  } catch (error) {
    if (isHaleError(error, 'world-moved')) return error.message;
    throw error;
  }
}

function attemptOf(incident: Incident, policyId: string, rung: number, remediation: Remediation): number {
  return (
    1 +
    incident.plans.filter(
      (plan) => plan.policyId === policyId && plan.rung === rung && plan.remediation === remediation.id,
    ).length
  );
}

async function freeze(incident: Incident, plan: Plan, scene: Scene): Promise<Incident> {
  const earlier = await scene.deps.store.evidenceOf(incident.id);
  const saved = new Set([...earlier, ...scene.reading.evidence()].map((item) => item.kind));
  scene.audit('plan-proposed', plan.preview.summary, {
    plan: plan.id,
    digest: plan.digest,
    policy: plan.policyId,
    remediation: plan.remediation,
    params: plan.params,
  });
  return {
    ...incident,
    phase: 'gated',
    plans: [...incident.plans, plan],
    planId: plan.id,
    intentId: null,
    verdicts: [],
    verification: null,
    evidenceSaved: EvidenceKind.options.filter((kind) => saved.has(kind)),
  };
}

function nothingText(cause: Cause, why: readonly string[]): string {
  const reasons = why.length > 0 ? why.join('; ') : `no policy handles ${cause.reason}`;
  return `nothing that Hale may do about ${cause.reason} on ${subjectName(cause.subject)} (${reasons}). The lever: ${REASONS[cause.reason].lever}`;
}
