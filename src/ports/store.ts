import type { Approval } from '../domain/approval.ts';
import type { AuditEvent } from '../domain/audit-event.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Incident } from '../domain/incident.ts';
import type { Intent, IntentOutcome } from '../domain/intent.ts';
import type { Mode } from '../domain/mode.ts';
import type { MovingRecord, Obligation, ObligationKind, RecordRef } from '../domain/obligation.ts';
import type { Phase } from '../domain/phase.ts';
import type { Signal } from '../domain/signal.ts';
import type { WrittenSignal } from '../domain/signal-text.ts';
import type { Reservation } from '../domain/verdict.ts';

/**
 * One change of the state, all or nothing. Everything in it becomes visible together and is durable when the promise resolves.
 *
 * Order of checks, so that every adapter gives the same answer: versions, then reservations, then uniqueness.
 * What belongs to an incident (evidence, intent, approval, obligation, signal), an outcome or a used approval needs what it refers to, stored
 * before or in this very change; else conflict `version`. A record that its own schema refuses: `internal-error`, nothing stored.
 */
export interface Change {
  /** `expectedVersion` 0 creates; otherwise the stored version must equal it. The record is stored with version expectedVersion + 1. */
  readonly save?: readonly {
    readonly record: MovingRecord;
    readonly expectedVersion: number;
    /** When an incident is due at the latest if its inbox holds rows past its `inboxRead`; without it: at once. */
    readonly unreadWakeAt?: number;
  }[];
  /**
   * A tick begins: the record gets `attempts`, `wakeAt` and version expectedVersion + 1, and keeps all else. Unlike a save it does not look at the
   * inbox, for this very tick is about to. `expectedVersion` must be the stored version, or conflict `version`.
   */
  readonly attempt?: {
    readonly ref: RecordRef;
    readonly expectedVersion: number;
    readonly attempts: number;
    readonly wakeAt: number;
  };
  /**
   * Appended to the inbox of their incident, whose version they never change; the incident's wake-up time becomes the earlier of its own and
   * `wakeAt`. An incident saved while its inbox holds rows past its `inboxRead` is due at once, or at `unreadWakeAt`; saved as closed, that is conflict `version`.
   * A signal whose dedupeKey is stored already is passed over. An incident that closed meanwhile: conflict `version`.
   */
  readonly signals?: readonly (Signal | WrittenSignal)[];
  readonly wakeAt?: number;
  readonly evidence?: readonly Evidence[];
  readonly audit?: readonly AuditEvent[];
  /**
   * Taken for `holder`, after `release`; any that does not fit makes the whole change a `reservation` conflict. An exclusive key already held
   * by `holder` fits. A counted key fits while fewer than `limit` were taken at or after `at - windowMs`, by anybody.
   */
  readonly reserve?: { readonly holder: string; readonly at: number; readonly items: readonly Reservation[] };
  /** `held`: exclusive keys of the holder. `all`: the counted ones too, as if never taken (nothing was applied). */
  readonly release?: { readonly holder: string; readonly what: 'held' | 'all' };
  /** Stores an answer; a second answer for the same digest: conflict `duplicate`. */
  readonly approval?: Approval;
  /** Marks an approval used; used before: conflict `duplicate`. */
  readonly approvalUsed?: { readonly id: string; readonly at: number };
  /** A new intent; the same idempotencyKey again: conflict `duplicate`. */
  readonly intent?: Intent;
  /** The outcome of a stored intent; one that has an outcome already: conflict `duplicate`. */
  readonly settle?: { readonly intentId: string; readonly outcome: IntentOutcome };
  readonly freeze?: FreezeState;
  readonly autonomy?: LoweredAutonomy;
}

export type Conflict = { readonly conflict: 'version' | 'reservation' | 'duplicate'; readonly detail: string };
export type CommitResult = 'committed' | Conflict;

/** The kill switch as the store holds it. */
export interface FreezeState {
  readonly frozen: boolean;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/**
 * Autonomy lowered for a policy in a namespace (`*` = all). Of two under the same rules the store keeps the lower; it counts until the
 * rules that it was lowered under change (`rulesHash` in src/domain/policy.ts).
 */
export interface LoweredAutonomy {
  readonly policyId: string;
  readonly namespace: string;
  readonly mode: Mode;
  readonly rulesHash: string;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export interface InboxEntry {
  /** Strictly increasing position within the store. */
  readonly position: number;
  readonly signal: Signal;
}

/** What a tick has to know of a signal in the inbox, without reading all of it. */
export interface InboxHead extends Pick<Signal, 'occurrence' | 'status' | 'startedAt'> {
  readonly position: number;
}

export interface IncidentFilter {
  readonly phases?: readonly Phase[];
  readonly openOnly?: boolean;
  readonly openedSince?: number;
  /** Newest first. */
  readonly limit: number;
}

/** What intake has to know about the observations that it was just sent, in one look. */
export interface IntakeView {
  /** Those stored, each with the incident that holds it; null where that is closed or there was none. */
  readonly knownDedupeKeys: ReadonlyMap<string, string | null>;
  /** Occurrences whose resolve is stored. */
  readonly resolvedOccurrences: ReadonlySet<string>;
  /** Incident key to the id of the incident that is not closed. */
  readonly openIncidents: ReadonlyMap<string, string>;
  /**
   * Those of them to which signals bring no news before they look by themselves: they still collect, or they diagnose and hold as many signals
   * as diagnosis looks at (`SIGNALS_SHOWN`).
   */
  readonly unhurried: ReadonlySet<string>;
}

/** Age and size caps by kind; what exceeds either is pruned, oldest first, never what an open record needs. */
export interface RetentionCaps {
  readonly signals: { readonly maxAgeMs: number; readonly maxRows: number };
  readonly evidence: { readonly maxAgeMs: number; readonly maxRows: number };
  readonly incidents: { readonly maxAgeMs: number; readonly maxRows: number };
  readonly audit: { readonly maxAgeMs: number; readonly maxRows: number };
}

/**
 * State, audit and budgets. Deliberately not in it: waking (see Waker), queues, and any query that would need to read everything.
 *
 * Uniqueness that every adapter keeps: one incident per `key` that is not closed; one incident that is not closed per `causeKey`;
 * `dedupeKey` of signals; `idempotencyKey` of intents; one answer per plan digest. Two of the first: conflict `duplicate`.
 * Errors: `store-unavailable` when nothing was stored, `record-corrupt` when a stored record does not satisfy its schema.
 */
export interface Store {
  commit(change: Change): Promise<CommitResult>;
  incident(id: string): Promise<Incident | null>;
  obligation(id: string): Promise<Obligation | null>;
  incidents(filter: IncidentFilter): Promise<readonly Incident[]>;
  /** The incident, not closed, that leads this cause. */
  leaderOf(causeKey: string): Promise<Incident | null>;
  /** Those that follow an incident, not closed, newest first. */
  followersOf(incidentId: string, limit: number): Promise<readonly Incident[]>;
  /** Earliest `dueAt` first. */
  obligations(filter: {
    readonly openOnly: boolean;
    readonly incidentId?: string;
    readonly kind?: ObligationKind;
    readonly limit: number;
  }): Promise<readonly Obligation[]>;
  /** References of records whose wake-up time has come, earliest first. */
  due(now: number, limit: number): Promise<readonly RecordRef[]>;
  /** The earliest wake-up time of all records, later than `after` where it is given; null when nothing waits. */
  nextWakeAt(after?: number): Promise<number | null>;
  intakeView(query: {
    readonly dedupeKeys: readonly string[];
    readonly occurrences: readonly string[];
    readonly incidentKeys: readonly string[];
  }): Promise<IntakeView>;
  inbox(incidentId: string, afterPosition: number, limit: number): Promise<readonly InboxEntry[]>;
  /** The same rows in the same order, read only as far as a tick needs it. */
  inboxHeads(incidentId: string, afterPosition: number, limit: number): Promise<readonly InboxHead[]>;
  /** Newest position in the incident's inbox; 0 when it is empty. */
  inboxEnd(incidentId: string): Promise<number>;
  evidence(id: string): Promise<Evidence | null>;
  evidenceOf(incidentId: string): Promise<readonly Evidence[]>;
  /** Oldest first. */
  audit(filter: {
    readonly incidentId?: string;
    readonly since?: number;
    readonly limit: number;
  }): Promise<readonly AuditEvent[]>;
  intent(id: string): Promise<Intent | null>;
  /** Of one incident, oldest first. */
  intentsOf(incidentId: string): Promise<readonly Intent[]>;
  /** Newest committed intent on the subject that was not settled as not applied; null when there was none. */
  lastActionAt(subjectUid: string): Promise<number | null>;
  /** How many times a counted key was taken since, and when first. */
  counted(key: string, since: number): Promise<{ readonly used: number; readonly oldestAt: number | null }>;
  /** Who holds an exclusive key. */
  holderOf(key: string): Promise<string | null>;
  approvalFor(planDigest: string): Promise<Approval | null>;
  /** Subjects (or unresolved keys) with an incident opened since by signals, that did not go away by itself (self-resolved, or closed from there). */
  sickSubjects(since: number): Promise<number>;
  freeze(): Promise<FreezeState | null>;
  loweredAutonomy(): Promise<readonly LoweredAutonomy[]>;
  /** False while the last write failed for want of space or by an input/output error; probes again on its own. */
  writable(): Promise<boolean>;
  /** Removes at most `maxRows` rows that exceed the caps; returns how many it removed by kind. */
  prune(now: number, caps: RetentionCaps, maxRows: number): Promise<Readonly<Record<keyof RetentionCaps, number>>>;
  /** Rows by kind, and bytes on disk. */
  size(): Promise<{ readonly rows: Readonly<Record<string, number>>; readonly bytes: number }>;
  close(): Promise<void>;
}
