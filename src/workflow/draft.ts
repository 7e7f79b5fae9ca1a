import type { AuditEvent } from '../domain/audit-event.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Obligation } from '../domain/obligation.ts';
import type { Change } from '../ports/store.ts';
import type { WorkflowDeps } from './deps.ts';
import type { Draft } from './scene.ts';

/** The words `audit` and `owe` of a scene: they write into the draft of its commit. */
export function auditInto(change: Draft, incidentId: string | null, deps: WorkflowDeps) {
  return (kind: AuditEvent['kind'], text: string, data: Record<string, unknown> = {}): void => {
    change.audit.push({ at: deps.clock.now(), kind, incidentId, text: deps.redact.text(text), data });
  };
}

export function oweInto(
  change: Draft,
  deps: WorkflowDeps,
  incidentId: string | null,
  subject: Obligation['subject'],
  now: number,
) {
  return (owed: Pick<Obligation, 'duty' | 'dueAt' | 'deadline'>, id = deps.newId()): string => {
    const record: Obligation = {
      record: 'obligation',
      id,
      version: 0,
      incidentId,
      subject,
      createdAt: now,
      wakeAt: owed.dueAt,
      attempts: 0,
      status: 'open',
      outcome: null,
      ...owed,
    };
    change.save.push({ record, expectedVersion: 0 });
    return id;
  };
}

/** Takes all that the draft holds besides the saved records, and what was `read`, for one commit. */
export function flush(change: Draft, read: readonly Evidence[] = []): Omit<Change, 'save'> {
  const evidence = [...read, ...change.evidence.splice(0)];
  return {
    audit: change.audit.splice(0),
    ...(evidence.length > 0 ? { evidence } : {}),
    ...takeSignals(change),
    ...take(change, 'release'),
    ...take(change, 'reserve'),
    ...take(change, 'settle'),
    ...take(change, 'autonomy'),
  };
}

/** Signals wake the incident that they go to at once. */
function takeSignals(change: Draft): Pick<Change, 'signals' | 'wakeAt'> | object {
  const signals = change.signals.splice(0);
  return signals.length === 0 ? {} : { signals, wakeAt: Math.min(...signals.map(({ receivedAt }) => receivedAt)) };
}

function take<K extends 'release' | 'reserve' | 'settle' | 'autonomy'>(
  change: Draft,
  key: K,
): Pick<Change, K> | object {
  const value = change[key];
  change[key] = undefined;
  return value === undefined ? {} : { [key]: value };
}
