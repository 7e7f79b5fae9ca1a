import { HaleError } from '../domain/errors.ts';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { Incident } from '../domain/incident.ts';
import type { Mode } from '../domain/mode.ts';
import { leastMode } from '../domain/mode.ts';
import type { Plan } from '../domain/plan.ts';
import type { LoadedPolicy } from '../domain/policy.ts';
import type { GateReason, RecordedVerdict, Reservation } from '../domain/verdict.ts';
import { collectFacts, declaredDatabase } from '../gates/facts.ts';
import { readFreeze } from '../gates/read-freeze.ts';
import { runGates } from '../gates/run-gates.ts';
import { usersWell } from '../verification/judge.ts';
import { readUsers } from '../verification/users.ts';
import { redetect } from './redetecting.ts';
import type { Scene } from './scene.ts';

/** What the gates came to, and the incident with their verdicts recorded. `text` is for people. */
export type Decision = { readonly incident: Incident } & (
  | { readonly kind: 'pass'; readonly reserve: readonly Reservation[]; readonly approvalId: string | null }
  | { readonly kind: 'hold'; readonly reason: GateReason; readonly until: number | null; readonly text: string }
  | {
      readonly kind: 'deny';
      readonly reason: GateReason;
      readonly mode: Mode;
      readonly onlyByMode: boolean;
      readonly text: string;
    }
  | { readonly kind: 'world-moved'; readonly text: string }
  /** What the plan answers was the symptom of something else, which shows now. */
  | { readonly kind: 'other-cause'; readonly text: string }
  /** The condition has been gone for long enough, by the users indicator and by the detectors. */
  | { readonly kind: 'gone' }
);

/** Collects the facts of this moment, runs every gate, records all verdicts. */
export async function decide(incident: Incident, plan: Plan, scene: Scene): Promise<Decision> {
  const policy = scene.policies.find((loaded) => loaded.policy.id === plan.policyId && loaded.hash === plan.policyHash);
  if (plan.direction === 'forward' && policy === undefined) {
    return { kind: 'world-moved', incident, text: `policy ${plan.policyId} is no longer what the plan was made under` };
  }
  const facts = await factsOf(incident, plan, policy ?? null, scene);
  const { verdicts, outcome } = runGates(plan, facts);
  auditChanges(incident.verdicts, verdicts, scene);
  const wellSince = wellSinceOf(incident, plan, facts, scene);
  const recorded: Incident = { ...incident, verdicts: [...verdicts], wellSince };
  if (wellSince !== null && plan.direction === 'forward' && scene.now - wellSince >= scene.deps.settings.wellForMs)
    return { kind: 'gone', incident: recorded };

  const found = facts.corroboration.known ? facts.corroboration.value : null;
  if (plan.direction === 'forward' && found !== null && found.reason !== plan.causeReason)
    return { kind: 'other-cause', incident: recorded, text: found.summary };
  if (outcome.kind === 'pass')
    return { kind: 'pass', incident: recorded, reserve: outcome.reserve, approvalId: approvalOf(plan, facts) };
  const text = textOf(verdicts, outcome.gate);
  scene.deps.meter.gateStopped(outcome.gate, outcome.reason);
  if (outcome.kind === 'hold')
    return { kind: 'hold', incident: recorded, reason: outcome.reason, until: outcome.until, text };
  if (outcome.reason === 'world-moved') return { kind: 'world-moved', incident: recorded, text };
  const mode = facts.mode.known ? leastMode([plan.mode, facts.mode.value]) : 'observe';
  return {
    kind: 'deny',
    incident: recorded,
    reason: outcome.reason,
    mode,
    onlyByMode: outcome.withheldOnlyByMode,
    text,
  };
}

/** Why a write may not be made now, because Hale is frozen or nobody can tell; null = not frozen. */
export async function frozenText(scene: Scene): Promise<string | null> {
  const { store, cluster, gates } = scene.deps;
  const freeze = await readFreeze({ store, cluster, settings: gates.freeze, signal: scene.reading.signal });
  if (!freeze.known) return `whether Hale is frozen cannot be told: ${freeze.why}`;
  return freeze.frozen ? `frozen by ${freeze.by}: ${freeze.reason}` : null;
}

async function factsOf(incident: Incident, plan: Plan, loaded: LoadedPolicy | null, scene: Scene): Promise<GateFacts> {
  const { deps, reading } = scene;
  const remediation = deps.remediations.get(plan.remediation);
  if (remediation === undefined) throw new HaleError('internal-error', `remediation ${plan.remediation} is not known`);
  const rung = loaded?.policy.ladder[plan.rung];
  return collectFacts(plan, {
    now: () => scene.now,
    signal: reading.signal,
    settings: deps.gates,
    limits: loaded?.policy.limits ?? null,
    database: rung === undefined ? null : declaredDatabase(rung.settings),
    ceiling: deps.modeCeiling(plan.policyId, plan.subject.namespace),
    evidence: { saved: incident.evidenceSaved, required: remediation.evidence },
    lastSignalAt: incident.firing.length > 0 ? incident.lastSignalAt : null,
    redetect: () => redetect(incident, { reason: plan.causeReason, subject: plan.subject }, scene),
    readUsers: () => readUsers(plan.measure, reading),
    store: deps.store,
    cluster: deps.cluster,
    metrics: reading.metrics,
  });
}

/** Since when users are measurably well and no detector finds the cause; null = not so now, or not known. */
function wellSinceOf(incident: Incident, plan: Plan, facts: GateFacts, scene: Scene): number | null {
  if (!facts.users.known || !facts.corroboration.known || facts.corroboration.value !== null) return null;
  const { indicator, trafficPerS } = facts.users.value;
  const well = usersWell({ at: scene.now, indicator, trafficPerS }, plan.measure);
  return well === true ? (incident.wellSince ?? scene.now) : null;
}

function approvalOf(plan: Plan, facts: GateFacts): string | null {
  const mode = facts.mode.known ? leastMode([plan.mode, facts.mode.value]) : 'observe';
  return mode === 'approve' && facts.approval.known ? (facts.approval.value?.id ?? null) : null;
}

/** Only verdicts that changed since the last look are facts worth keeping. */
function auditChanges(before: readonly RecordedVerdict[], after: readonly RecordedVerdict[], scene: Scene): void {
  for (const { gate, verdict } of after) {
    if (verdict.verdict === 'pass') continue;
    const earlier = before.find((item) => item.gate === gate)?.verdict;
    if (earlier?.verdict === verdict.verdict && earlier.reason === verdict.reason) continue;
    scene.audit(verdict.verdict === 'hold' ? 'gate-held' : 'gate-denied', textOf(after, gate), { gate, ...verdict });
  }
}

function textOf(verdicts: readonly RecordedVerdict[], gate: string): string {
  const verdict = verdicts.find((item) => item.gate === gate)?.verdict;
  if (verdict === undefined) return `gate ${gate}`;
  const measured = verdict.value === undefined ? '' : `: ${verdict.value}`;
  const limit = verdict.limit === undefined ? '' : ` (limit: ${verdict.limit})`;
  const lever = verdict.unblockedBy === undefined ? '' : `; ${verdict.unblockedBy}`;
  return `${gate}: ${verdict.reason}${measured}${limit}${lever}`;
}
