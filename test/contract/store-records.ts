import type { Approval } from '../../src/domain/approval.ts';
import type { AuditEvent } from '../../src/domain/audit-event.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Intent } from '../../src/domain/intent.ts';
import type { Obligation } from '../../src/domain/obligation.ts';
import type { Signal } from '../../src/domain/signal.ts';
import type { Subject } from '../../src/domain/subject.ts';

/** Moments of the store suites count from here (Unix ms); any fixed moment does. */
export const T0 = 1_800_000_000_000;

export function subjectOf(name: string): Subject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}` };
}

export function incidentOf(id: string, fields: Partial<Incident> = {}): Incident {
  return {
    record: 'incident',
    id,
    version: 0,
    key: `subject:uid-${id}`,
    purpose: 'heal',
    title: `incident ${id}`,
    subject: subjectOf(id),
    phase: 'collecting',
    phaseSince: T0,
    openedAt: T0,
    closedAt: null,
    wakeAt: null,
    attempts: 0,
    inboxRead: 0,
    firing: [],
    lastSignalAt: T0,
    findings: [],
    causes: [],
    causeKey: null,
    leaderId: null,
    previousId: null,
    startRung: 0,
    plans: [],
    planId: null,
    intentId: null,
    verdicts: [],
    evidenceSaved: [],
    worldMovedCount: 0,
    wellSince: null,
    quietSince: null,
    verification: null,
    outcome: null,
    ...fields,
  };
}

export function obligationOf(id: string, fields: Partial<Obligation> = {}): Obligation {
  return {
    record: 'obligation',
    id,
    version: 0,
    incidentId: null,
    subject: null,
    createdAt: T0,
    dueAt: T0,
    deadline: T0 + 3_600_000,
    wakeAt: null,
    attempts: 0,
    status: 'open',
    outcome: null,
    duty: { kind: 'recurrence-watch', causeKey: `cause-of-${id}` },
    ...fields,
  };
}

export function signalOf(occurrence: string, incidentId: string | null, fields: Partial<Signal> = {}): Signal {
  const status = fields.status ?? 'firing';
  return {
    id: `signal-${occurrence}-${status}`,
    kind: 'alert',
    dedupeKey: `${occurrence}|${status}`,
    occurrence,
    status,
    name: 'OrdersPoolWaiting',
    labels: { alertname: 'OrdersPoolWaiting', namespace: 'shop' },
    annotations: {},
    generatorUrl: '',
    startedAt: T0,
    receivedAt: T0,
    incidentId,
    ...fields,
  };
}

export function evidenceOf(id: string, incidentId: string, fields: Partial<Evidence> = {}): Evidence {
  return {
    id,
    incidentId,
    kind: 'metric-instant',
    source: 'prometheus',
    title: 'connections in use',
    query: 'sum(db_client_connections_usage)',
    from: T0,
    to: T0,
    at: T0,
    body: { value: 4 },
    truncated: false,
    ...fields,
  };
}

export function auditOf(text: string, fields: Partial<AuditEvent> = {}): AuditEvent {
  return { at: T0, kind: 'phase-entered', incidentId: null, text, data: {}, ...fields };
}

export function intentOf(id: string, incidentId: string, fields: Partial<Intent> = {}): Intent {
  return {
    id,
    idempotencyKey: `key-${id}`,
    incidentId,
    planId: 'plan-1',
    planDigest: digestOf('plan-1'),
    remediation: 'scale-out',
    direction: 'apply',
    subject: subjectOf('orders'),
    params: { replicas: 5 },
    checkpoint: { replicas: 3 },
    committedAt: T0,
    deadline: T0 + 60_000,
    outcome: null,
    ...fields,
  };
}

export function approvalOf(id: string, incidentId: string, fields: Partial<Approval> = {}): Approval {
  return {
    id,
    incidentId,
    planDigest: digestOf(id),
    answer: 'approved',
    by: 'on-call',
    at: T0,
    expiresAt: T0 + 600_000,
    usedAt: null,
    ...fields,
  };
}

/** A text of a digest's length that is readable in a failing test. */
export function digestOf(name: string): string {
  return name.padEnd(64, '0').slice(0, 64);
}
