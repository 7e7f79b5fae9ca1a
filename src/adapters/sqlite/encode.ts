import type { z } from 'zod';
import { Approval } from '../../domain/approval.ts';
import { AuditEvent } from '../../domain/audit-event.ts';
import { HaleError } from '../../domain/errors.ts';
import { Evidence } from '../../domain/evidence.ts';
import { Incident } from '../../domain/incident.ts';
import { Intent, IntentOutcome } from '../../domain/intent.ts';
import { type MovingRecord, Obligation } from '../../domain/obligation.ts';
import { Signal } from '../../domain/signal.ts';
import { type SignalHead, signalText, type WrittenSignal } from '../../domain/signal-text.ts';
import type { Change } from '../../ports/store.ts';

type Save = NonNullable<Change['save']>[number];

export interface EncodedSave {
  readonly record: MovingRecord;
  readonly expectedVersion: number;
  readonly unreadWakeAt: number | null;
  readonly body: string;
}

export interface Encoded<T> {
  readonly item: T;
  readonly body: string;
}

/** A change as it goes to the tables: checked and in text, so that the transaction is short and nothing can alter it while it waits. */
export interface EncodedChange {
  readonly saves: readonly EncodedSave[];
  readonly signals: readonly Encoded<SignalHead>[];
  readonly evidence: readonly Encoded<Evidence>[];
  readonly audit: readonly Encoded<AuditEvent>[];
  readonly approval: Encoded<Approval> | null;
  readonly intent: Encoded<Intent> | null;
  readonly rest: Pick<
    Change,
    'attempt' | 'wakeAt' | 'reserve' | 'release' | 'approvalUsed' | 'settle' | 'freeze' | 'autonomy'
  >;
  /** How many rows it writes, roughly: what bounds a group. */
  readonly rows: number;
}

/** Throws `internal-error` for a record that its own schema refuses: stored, it could never be read again. */
export function encodeChange(change: Change): EncodedChange {
  const { attempt, wakeAt, reserve, release, approvalUsed, settle, freeze, autonomy } = change;
  if (settle !== undefined) checked(IntentOutcome, settle.outcome, `outcome of intent ${settle.intentId}`);
  const saves = (change.save ?? []).map(encodeSave);
  const signals = (change.signals ?? []).map(encodeSignal);
  const evidence = (change.evidence ?? []).map((item) => encoded(Evidence, item, `evidence ${item.id}`));
  const audit = (change.audit ?? []).map((item) => encoded(AuditEvent, item, `audit event ${item.kind}`));
  return {
    saves,
    signals,
    evidence,
    audit,
    approval: change.approval ? encoded(Approval, change.approval, `approval ${change.approval.id}`) : null,
    intent: change.intent ? encoded(Intent, change.intent, `intent ${change.intent.id}`) : null,
    rest: structuredClone(
      defined({ attempt, wakeAt, reserve, release, approvalUsed, settle, freeze, autonomy }),
    ) as EncodedChange['rest'],
    rows: 1 + saves.length + signals.length + evidence.length + audit.length + (reserve?.items.length ?? 0),
  };
}

function encodeSave({ record, expectedVersion, unreadWakeAt }: Save): EncodedSave {
  const stored = { ...record, version: expectedVersion + 1 };
  const subject = `${record.record} ${record.id}`;
  const parsed =
    stored.record === 'incident' ? checked(Incident, stored, subject) : checked(Obligation, stored, subject);
  return { record: parsed, expectedVersion, unreadWakeAt: unreadWakeAt ?? null, body: JSON.stringify(parsed) };
}

const Head = Signal.pick({
  dedupeKey: true,
  occurrence: true,
  status: true,
  startedAt: true,
  receivedAt: true,
  incidentId: true,
});

/** Only the columns are kept beside the text: of thousands that wait for their commit the rest would outlive a collection of garbage for nothing. */
function encodeSignal(signal: Signal | WrittenSignal): Encoded<SignalHead> {
  if ('text' in signal) {
    return { item: checked(Head, signal, `signal ${signal.dedupeKey}`), body: signal.text };
  }
  const item = checked(Signal, signal, `signal ${signal.id}`);
  const { dedupeKey, occurrence, status, startedAt, receivedAt, incidentId } = item;
  return { item: { dedupeKey, occurrence, status, startedAt, receivedAt, incidentId }, body: signalText(item) };
}

function encoded<T>(schema: z.ZodType<T>, value: T, subject: string): Encoded<T> {
  const item = checked(schema, value, subject);
  return { item, body: JSON.stringify(item) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, subject: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HaleError(
    'internal-error',
    `${subject} cannot be stored: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}; nothing was stored`,
    { details: { issues: parsed.error.issues } },
  );
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
