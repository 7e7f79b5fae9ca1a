import type { z } from 'zod';
import type { AuditEvent } from '../domain/audit-event.ts';
import { HaleError } from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import { currentPlan, type Incident } from '../domain/incident.ts';
import { Hypotheses, Narrative } from '../domain/model-words.ts';
import type { Phase } from '../domain/phase.ts';
import { REASONS } from '../domain/reason.ts';
import { subjectName } from '../domain/subject.ts';
import type { OperationsDeps } from './deps.ts';
import { findIncident } from './find-incident.ts';
import type { IncidentDossier, IncidentList, IncidentSummary, UsersReading } from './results.ts';

/** Most audit events that one answer holds. */
export const MAX_TIMELINE = 2_000;
/** Most readings of the users' indicator; longer series are thinned evenly. */
const MAX_READINGS = 240;

export interface IncidentQuery {
  readonly phases?: readonly Phase[] | undefined;
  readonly openOnly: boolean;
  readonly limit: number;
}

/** Newest first. */
export async function listIncidents({ store, clock }: OperationsDeps, query: IncidentQuery): Promise<IncidentList> {
  const { phases, openOnly, limit } = query;
  const incidents = await store.incidents({ openOnly, limit, ...(phases === undefined ? {} : { phases }) });
  return { now: clock.now(), incidents: incidents.map(summaryOf) };
}

/** Everything about one incident. Errors: not-found, usage-invalid. */
export async function showIncident(deps: OperationsDeps, idOrPrefix: string): Promise<IncidentDossier> {
  const incident = await findIncident(deps, idOrPrefix);
  const { store } = deps;
  const [events, evidence, intents, obligations] = await Promise.all([
    store.audit({ incidentId: incident.id, limit: MAX_TIMELINE }),
    store.evidenceOf(incident.id),
    store.intentsOf(incident.id),
    store.obligations({ openOnly: false, incidentId: incident.id, limit: 200 }),
  ]);
  const [cause] = incident.causes;
  return {
    now: deps.clock.now(),
    incident,
    lever: cause === undefined ? null : REASONS[cause.reason].lever,
    timeline: events.filter(({ kind }) => kind !== 'verification-read'),
    timelineCut: events.length === MAX_TIMELINE,
    readings: readingsOf(incident, events),
    narrative: newestWords(evidence, 'model-narrative', Narrative),
    hypotheses: (newestWords(evidence, 'model-hypotheses', Hypotheses)?.hypotheses ?? []).map((guess) => ({
      ...guess,
      confirmed: incident.findings.some(
        ({ reason, subject }) => reason === guess.reason && subjectName(subject) === guess.subject,
      ),
    })),
    evidence: evidence.map(({ body: _body, ...head }) => head),
    intents: [...intents],
    obligations: [...obligations],
  };
}

/** One piece of evidence of one incident, with its body. Errors: not-found, usage-invalid. */
export async function showEvidence(deps: OperationsDeps, idOrPrefix: string, evidenceId: string): Promise<Evidence> {
  const incident = await findIncident(deps, idOrPrefix);
  const evidence = await deps.store.evidence(evidenceId);
  if (evidence?.incidentId === incident.id) return evidence;
  throw new HaleError(
    'not-found',
    `incident ${incident.id} has no evidence ${JSON.stringify(evidenceId)}; hale show ${incident.id} lists what it has`,
  );
}

/** Null where nothing was written, or nothing that its schema still understands. */
function newestWords<T>(evidence: readonly Evidence[], kind: Evidence['kind'], schema: z.ZodType<T>): T | null {
  const newest = evidence.filter((item) => item.kind === kind).toSorted((a, b) => b.at - a.at)[0];
  const words = schema.safeParse(newest?.body);
  return words.success ? words.data : null;
}

export function summaryOf(incident: Incident): IncidentSummary {
  const { id, title, purpose, subject, phase, phaseSince, openedAt, closedAt, outcome } = incident;
  const plan = currentPlan(incident);
  return {
    id,
    title,
    purpose,
    subject,
    phase,
    phaseSince,
    openedAt,
    closedAt,
    cause: incident.causes[0]?.reason ?? null,
    plan: plan === undefined ? null : { summary: plan.preview.summary, digest: plan.digest, status: plan.status },
    outcome,
  };
}

/** What users felt: at the moment of the action, then as verification read it. */
function readingsOf(incident: Incident, events: readonly AuditEvent[]): UsersReading[] {
  const read = events
    .filter(({ kind }) => kind === 'verification-read')
    .map(({ at, data }) => ({
      at,
      indicator: numberOrNull(data.indicator),
      trafficPerS: numberOrNull(data.trafficPerS),
    }));
  const before = incident.verification?.before;
  const all = before === undefined ? read : [before, ...read.filter(({ at }) => at > before.at)];
  return thinned(all, MAX_READINGS);
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function thinned<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const step = (items.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, index) => items[Math.round(index * step)]).filter(
    (item) => item !== undefined,
  );
}
