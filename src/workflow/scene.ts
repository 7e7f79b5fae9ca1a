import type { AuditKind } from '../domain/audit-event.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Incident } from '../domain/incident.ts';
import type { Notification, Obligation, ObligationKind } from '../domain/obligation.ts';
import type { LoadedPolicy } from '../domain/policy.ts';
import type { Change, InboxHead } from '../ports/store.ts';
import type { WorkflowDeps } from './deps.ts';
import type { Reading } from './reading.ts';

/** What a phase function collects besides the incident itself; the tick commits all of it at once. */
export interface Scene {
  readonly deps: WorkflowDeps;
  readonly reading: Reading;
  /** The moment of this tick; constant through it. */
  readonly now: number;
  /** Policies in force at this tick. */
  readonly policies: readonly LoadedPolicy[];
  readonly change: Draft;
  /** New firing signals that this tick took in. */
  readonly newlyFiring: readonly InboxHead[];
  audit(kind: AuditKind, text: string, data?: Record<string, unknown>): void;
  /** Owes something from the commit of this tick on; returns its id. */
  owe(obligation: Pick<Obligation, 'duty' | 'dueAt' | 'deadline'>): string;
  /** Tells a person, once per dedupeKey: an obligation to deliver, committed with this tick. */
  tell(notification: Omit<Notification, 'incidentId'>): void;
  /** Ends what was told about this incident, on the channel that took it. */
  resolveNotice(text: string): void;
  /** A named point was reached. */
  step(name: string): void;
  /** Commits what was collected so far together with `incident`, in the middle of a tick; the incident comes back with its new version. */
  commitNow(
    incident: Incident,
    more: Partial<Change>,
  ): Promise<Incident | { readonly conflict: string; readonly detail: string }>;
}

/** The growing change of one tick. */
export interface Draft {
  save: { record: Incident | Obligation; expectedVersion: number }[];
  audit: NonNullable<Change['audit']>[number][];
  release: Change['release'];
  reserve: Change['reserve'];
  settle: Change['settle'];
  autonomy: Change['autonomy'];
  signals: NonNullable<Change['signals']>[number][];
  /** Beside what the readers of an incident's own tick recorded. */
  evidence: Evidence[];
}

export function emptyDraft(): Draft {
  return {
    save: [],
    audit: [],
    release: undefined,
    reserve: undefined,
    settle: undefined,
    autonomy: undefined,
    signals: [],
    evidence: [],
  };
}

/** One row of the phase table. */
export interface PhaseStep {
  /** What the phase does, in one line; shown in the reference. */
  readonly does: string;
  /** Phases that it may lead to; anything else is refused by the tick. */
  readonly leadsTo: readonly Incident['phase'][];
  run(incident: Incident, scene: Scene): Promise<Incident>;
}

/** One row of the table of obligations. */
export interface Duty {
  readonly does: string;
  run(obligation: Obligation, scene: DutyScene): Promise<Obligation>;
}

export interface DutyScene {
  readonly deps: WorkflowDeps;
  readonly now: number;
  readonly change: Draft;
  audit(kind: AuditKind, text: string, data?: Record<string, unknown>): void;
  owe(obligation: Pick<Obligation, 'duty' | 'dueAt' | 'deadline'>): string;
  readonly signal: AbortSignal;
  /** Readers on behalf of an incident, within its budget. */
  reading(incidentId: string): Reading;
}

export type Duties = Record<ObligationKind, Duty>;
