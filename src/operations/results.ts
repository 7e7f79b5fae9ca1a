import { z } from 'zod';
import { AuditEvent } from '../domain/audit-event.ts';
import { Evidence } from '../domain/evidence.ts';
import { Cause, Finding } from '../domain/finding.ts';
import { Incident } from '../domain/incident.ts';
import { Instant } from '../domain/instant.ts';
import { Intent } from '../domain/intent.ts';
import { Mode } from '../domain/mode.ts';
import { Hypothesis, ModelSpend, Narrative } from '../domain/model-words.ts';
import { Obligation } from '../domain/obligation.ts';
import { Phase } from '../domain/phase.ts';
import { Plan } from '../domain/plan.ts';
import { CauseReason } from '../domain/reason.ts';
import { Subject } from '../domain/subject.ts';
import { RecordedVerdict } from '../domain/verdict.ts';

/*
 * What the doors answer: one schema each, shared by HTTP, `--json` of the command line and the reference pages.
 */

/** One line of the list of incidents. */
export const IncidentSummary = z.object({
  id: z.string(),
  title: z.string(),
  purpose: z.enum(['heal', 'return']),
  subject: Subject.nullable(),
  phase: Phase,
  phaseSince: Instant,
  openedAt: Instant,
  closedAt: Instant.nullable(),
  /** The first cause of the ranking. */
  cause: CauseReason.nullable(),
  /** What the current plan would do, and its state. */
  plan: z.object({ summary: z.string(), digest: z.string(), status: Plan.shape.status }).nullable(),
  outcome: z.string().nullable(),
});
export type IncidentSummary = z.infer<typeof IncidentSummary>;

/** The moment of the answer by Hale's own clock: ages are told against it. */
const AnsweredAt = { now: Instant };

export const IncidentList = z.object({ ...AnsweredAt, incidents: z.array(IncidentSummary) });
export type IncidentList = z.infer<typeof IncidentList>;

/** Evidence without its body: that is asked for by id. */
export const EvidenceHead = Evidence.omit({ body: true });
export type EvidenceHead = z.infer<typeof EvidenceHead>;

/** One reading of the users' indicator while a change was verified; null = no answer. */
export const UsersReading = z.object({
  at: Instant,
  indicator: z.number().nullable(),
  trafficPerS: z.number().nullable(),
});
export type UsersReading = z.infer<typeof UsersReading>;

/** An incident with everything that belongs to it. */
export const IncidentDossier = z.object({
  ...AnsweredAt,
  incident: Incident,
  /** What a person would do about the first cause. */
  lever: z.string().nullable(),
  /** The audit events, oldest first, without the single readings: those are in `readings`. */
  timeline: z.array(AuditEvent),
  /** Whether older or newer events were left out for want of room. */
  timelineCut: z.boolean(),
  readings: z.array(UsersReading),
  /** What the optional model wrote and suspected; null where it was not asked. Words, never decisions. */
  narrative: Narrative.nullable(),
  hypotheses: z.array(Hypothesis.extend({ confirmed: z.boolean() })),
  evidence: z.array(EvidenceHead),
  intents: z.array(Intent),
  obligations: z.array(Obligation),
});
export type IncidentDossier = z.infer<typeof IncidentDossier>;

/** How one policy stands to the cause. */
export const PolicyView = z.object({
  id: z.string(),
  description: z.string(),
  file: z.string(),
  /** What the policy asks for. */
  mode: Mode,
  /** What is in force after the operator's ceiling and all that was lowered, and which setting decides it. */
  inForce: Mode,
  decidedBy: z.string(),
  /** Null = cannot be told now, for the reason in `why`. */
  matches: z.boolean().nullable(),
  why: z.string(),
  ladder: z.array(z.object({ remediation: z.string(), plan: Plan.shape.status.nullable() })),
});
export type PolicyView = z.infer<typeof PolicyView>;

/** A gate's verdict with what the gate protects from. */
export const GateView = RecordedVerdict.extend({ protectsFrom: z.string() });
export type GateView = z.infer<typeof GateView>;

/** Why an incident stands where it stands: policy by policy, gate by gate. */
export const IncidentWhy = z.object({
  incident: IncidentSummary,
  findings: z.array(Finding),
  causes: z.array(Cause.extend({ lever: z.string() })),
  policies: z.array(PolicyView),
  plan: Plan.nullable(),
  /** Of the current plan; verdicts on earlier plans are among the decisions. */
  gates: z.array(GateView),
  /** What the remediations, the plans, the gates and people said, oldest first. */
  decisions: z.array(AuditEvent),
  /** What would let the current plan through; empty when nothing stands in its way. */
  unblockedBy: z.array(z.string()),
});
export type IncidentWhy = z.infer<typeof IncidentWhy>;

export const AnswerResult = z.object({
  incidentId: z.string(),
  plan: z.string(),
  planDigest: z.string(),
  answer: z.enum(['approved', 'refused']),
  by: z.string(),
  expiresAt: Instant,
});
export type AnswerResult = z.infer<typeof AnswerResult>;

/** The kill switch. `frozen` null: whether Hale is frozen cannot be told, and then nothing is acted upon either. */
export const FreezeView = z.object({
  frozen: z.boolean().nullable(),
  by: z.string(),
  reason: z.string(),
  /** What this door last set. */
  stored: z.object({ frozen: z.boolean(), by: z.string(), reason: z.string(), at: Instant }).nullable(),
  /** The ConfigMap that freezes as well: `namespace/name`. */
  configMap: z.string(),
});
export type FreezeView = z.infer<typeof FreezeView>;

export const AutonomyResult = z.object({
  policyId: z.string(),
  namespace: z.string(),
  /** The highest mode that was in force for what is named here. */
  before: Mode,
  mode: Mode,
  by: z.string(),
});
export type AutonomyResult = z.infer<typeof AutonomyResult>;

export const ObligationList = z.object({ ...AnsweredAt, obligations: z.array(Obligation) });
export type ObligationList = z.infer<typeof ObligationList>;

/** What a skill answered: by its own schema, and as lines for people. */
export const SkillAnswer = z.object({ skill: z.string(), output: z.unknown(), lines: z.array(z.string()) });
export type SkillAnswer = z.infer<typeof SkillAnswer>;

export const StatusReport = z.object({
  version: z.string(),
  startedAt: Instant,
  now: Instant,
  /** Incidents that are not closed, by phase; phases without any are left out. */
  incidents: z.record(z.string(), z.number().int()),
  /** Open obligations by kind. */
  obligations: z.record(z.string(), z.number().int()),
  freeze: FreezeView,
  store: z.object({ writable: z.boolean(), bytes: z.number(), rows: z.record(z.string(), z.number()) }),
  cluster: z.object({ state: z.enum(['starting', 'ready', 'behind']), since: Instant.nullable(), detail: z.string() }),
  /** The optional model: what it took in the last day, and what it may take; null = none is configured. */
  model: z
    .object({ name: z.string(), spentInDay: ModelSpend, perDay: z.object({ tokens: z.number(), usd: z.number() }) })
    .nullable(),
  /** The last scan; null = it is off, or has not ended yet. `left`: what could not be followed, with the reason. */
  scan: z
    .object({
      at: Instant,
      workloads: z.number().int(),
      series: z.number().int(),
      stateBytes: z.number(),
      left: z.array(z.string()),
    })
    .nullable(),
  policies: z.array(z.object({ id: z.string(), mode: Mode })),
  lowered: z.array(
    z.object({
      policyId: z.string(),
      namespace: z.string(),
      mode: Mode,
      by: z.string(),
      reason: z.string(),
      at: Instant,
    }),
  ),
});
export type StatusReport = z.infer<typeof StatusReport>;

/** Whether Hale can do its work now; each thing that it needs is named. */
export const Readiness = z.object({
  ready: z.boolean(),
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});
export type Readiness = z.infer<typeof Readiness>;
