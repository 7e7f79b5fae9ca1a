import type { AuditKind } from '../domain/audit-event.ts';
import type { Cause } from '../domain/finding.ts';
import { currentPlan, type Incident } from '../domain/incident.ts';
import type { LoadedPolicy } from '../domain/policy.ts';
import { REASONS } from '../domain/reason.ts';
import type { LoweredAutonomy } from '../ports/store.ts';
import type { OperationsDeps } from './deps.ts';
import { findIncident } from './find-incident.ts';
import { modeInForce } from './modes.ts';
import type { IncidentWhy, PolicyView } from './results.ts';
import { MAX_TIMELINE, summaryOf } from './show-incidents.ts';

const DECISIONS: ReadonlySet<AuditKind> = new Set([
  'cause-named',
  'remediation-declined',
  'plan-proposed',
  'plan-voided',
  'gate-held',
  'gate-denied',
  'gates-passed',
  'action-withheld',
  'approval-requested',
  'approval-given',
  'approval-refused',
  'verification-ended',
  'autonomy-lowered',
  'attempts-exhausted',
]);

/** Policy by policy, gate by gate. Errors: not-found, usage-invalid. */
export async function whyIncident(deps: OperationsDeps, idOrPrefix: string): Promise<IncidentWhy> {
  const incident = await findIncident(deps, idOrPrefix);
  const [events, lowered] = await Promise.all([
    deps.store.audit({ incidentId: incident.id, limit: MAX_TIMELINE }),
    deps.store.loweredAutonomy(),
  ]);
  const stops = incident.verdicts.filter(({ verdict }) => verdict.verdict !== 'pass');
  return {
    incident: summaryOf(incident),
    findings: incident.findings,
    causes: incident.causes.map((cause) => ({ ...cause, lever: REASONS[cause.reason].lever })),
    policies: policiesFor(deps, incident, lowered),
    plan: currentPlan(incident) ?? null,
    gates: incident.verdicts.map((item) => ({ ...item, protectsFrom: deps.gateSummaries[item.gate] ?? '' })),
    decisions: events.filter(({ kind }) => DECISIONS.has(kind)),
    unblockedBy: stops.flatMap(({ gate, verdict }) =>
      verdict.unblockedBy === undefined ? [] : [`${gate}: ${verdict.unblockedBy}`],
    ),
  };
}

/** Every policy, as it stands to the first cause; those of other causes say so. */
function policiesFor(deps: OperationsDeps, incident: Incident, lowered: readonly LoweredAutonomy[]): PolicyView[] {
  const [cause] = incident.causes;
  const namespace = cause?.subject.namespace ?? incident.subject?.namespace ?? null;
  return deps.policies.map((loaded) => {
    const { policy, file } = loaded;
    const { mode, decidedBy } = modeInForce(deps, policy, namespace, lowered);
    return {
      id: policy.id,
      description: policy.description,
      file,
      mode: policy.mode,
      inForce: mode,
      decidedBy,
      ...matchOf(deps, loaded, cause),
      ladder: policy.ladder.map(({ remediation }, rung) => ({
        remediation,
        plan: incident.plans.findLast((plan) => plan.policyId === policy.id && plan.rung === rung)?.status ?? null,
      })),
    };
  });
}

function matchOf(
  deps: OperationsDeps,
  loaded: LoadedPolicy,
  cause: Cause | undefined,
): Pick<PolicyView, 'matches' | 'why'> {
  if (cause === undefined) return { matches: false, why: 'no cause is named' };
  if (loaded.policy.cause !== cause.reason) return { matches: false, why: `it is for ${loaded.policy.cause}` };
  const workload = deps.cluster.workload(cause.subject);
  if (workload?.subject.uid !== cause.subject.uid) {
    return { matches: null, why: 'the workload is not in the cluster cache now, so its condition cannot be judged' };
  }
  const { matched, notMatched } = deps.matchPolicies(cause, workload, [loaded]);
  if (matched.length > 0) return { matches: true, why: 'it is for this cause, and its condition holds now' };
  return { matches: false, why: notMatched[0]?.why ?? 'its condition does not hold now' };
}
