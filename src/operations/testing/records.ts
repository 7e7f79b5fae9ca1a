import type { AuditEvent } from '../../domain/audit-event.ts';
import type { Cause, Finding } from '../../domain/finding.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Obligation } from '../../domain/obligation.ts';
import { type Plan, planDigest } from '../../domain/plan.ts';
import type { LoadedPolicy } from '../../domain/policy.ts';

export const START = Date.parse('2026-11-22T03:04:00Z');
const MINUTE_MS = 60_000;

export const SUBJECT = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'orders',
  uid: 'uid-orders',
};

/** A plan in mode approve to scale from 3 to 5 replicas. */
export function planOf(changes: Partial<Plan> = {}): Plan {
  const plan: Plan = {
    id: 'plan-1',
    incidentId: 'incident-0001',
    policyId: 'scale-out-when-pools-are-full',
    policyHash: 'hash-1',
    rung: 0,
    remediation: 'scale-workload',
    risk: 'reversible',
    direction: 'forward',
    causeReason: 'connection-pool-waiting',
    subject: SUBJECT,
    params: { from: 3, to: 5 },
    preview: {
      summary: 'scale Deployment shop/orders from 3 to 5 replicas',
      changes: [{ field: 'spec.replicas', before: '3', after: '5' }],
      blastRadius: 'the database gets up to 8 more connections',
      touches: { 'spec.replicas': 3 },
      replicasAfter: 5,
    },
    mode: 'approve',
    digest: '',
    attempt: 1,
    proposedAt: START,
    deadline: START + 30 * MINUTE_MS,
    returnAfterMs: 30 * MINUTE_MS,
    returnOfIntentId: null,
    measure: {
      indicator: 'p95',
      unit: 'seconds',
      goodAtMost: 0.3,
      traffic: 'rate',
      minimumTraffic: 1,
      holdMs: MINUTE_MS,
      deadlineMs: 10 * MINUTE_MS,
      settleMs: 1,
      worseFactor: 1.5,
      neighbours: null,
    },
    status: 'open',
    ...changes,
  };
  return { ...plan, digest: planDigest(plan) };
}

export const FINDING: Finding = {
  id: 'finding-1',
  detector: 'pool-exhaustion',
  reason: 'connection-pool-waiting',
  subject: SUBJECT,
  confidence: 0.9,
  summary: '4 of 4 connections in use, 11 requests waiting',
  figures: { waiting: 11, max: 4 },
  evidence: ['evidence-1'],
};

export const CAUSE: Cause = {
  reason: 'connection-pool-waiting',
  subject: SUBJECT,
  confidence: 0.9,
  explains: ['finding-1'],
  summary: '4 of 4 connections in use, 11 requests waiting',
  figures: { waiting: 11, max: 4 },
};

/** An incident whose plan waits for an answer. */
export function incidentOf(changes: Partial<Incident> = {}): Incident {
  const plan = planOf({ incidentId: changes.id ?? 'incident-0001' });
  return {
    record: 'incident',
    id: 'incident-0001',
    version: 0,
    key: 'subject:uid-orders',
    purpose: 'heal',
    title: 'OrdersPoolWaiting on Deployment shop/orders',
    subject: SUBJECT,
    phase: 'held',
    phaseSince: START + MINUTE_MS,
    openedAt: START,
    closedAt: null,
    wakeAt: START + 10 * MINUTE_MS,
    attempts: 0,
    inboxRead: 0,
    firing: ['a|1'],
    lastSignalAt: START,
    findings: [FINDING],
    causes: [CAUSE],
    causeKey: 'connection-pool-waiting/uid-orders',
    leaderId: null,
    previousId: null,
    startRung: 0,
    plans: [plan],
    planId: plan.id,
    intentId: null,
    verdicts: [
      { gate: 'capacity-guard', at: START, verdict: { verdict: 'pass', reason: 'ok', value: 40, limit: 97 } },
      {
        gate: 'approval',
        at: START,
        verdict: {
          verdict: 'hold',
          reason: 'approval-awaited',
          value: 'no answer yet',
          unblockedBy: 'hale approve incident-0001',
        },
      },
    ],
    evidenceSaved: ['metric-instant'],
    worldMovedCount: 0,
    wellSince: null,
    quietSince: null,
    verification: null,
    outcome: null,
    ...changes,
  };
}

/** An incident that was healed, with what users felt on the way. */
export function healedIncident(): Incident {
  const plan = planOf({ status: 'verified', mode: 'auto' });
  return incidentOf({
    phase: 'resolved',
    phaseSince: START + 4 * MINUTE_MS,
    plans: [plan],
    verdicts: [{ gate: 'cooldown', at: START, verdict: { verdict: 'pass', reason: 'ok' } }],
    verification: {
      startedAt: START + MINUTE_MS,
      inForceAt: START + 2 * MINUTE_MS,
      before: { at: START + MINUTE_MS, indicator: 0.91, trafficPerS: 40 },
      neighboursBefore: {},
      goodSince: START + 3 * MINUTE_MS,
      worseSince: null,
      last: { at: START + 4 * MINUTE_MS, indicator: 0.12, trafficPerS: 41 },
      verdict: 'recovered',
    },
    outcome:
      'healed: scale Deployment shop/orders from 3 to 5 replicas; users: 910 ms -> 120 ms, good is at most 300 ms',
  });
}

export function readingEvent(minute: number, indicator: number | null): AuditEvent {
  return auditOf('verification-read', `users ${indicator ?? 'unknown'}`, {
    at: START + minute * MINUTE_MS,
    data: { indicator, trafficPerS: 40, limit: 0.3 },
  });
}

export function auditOf(kind: AuditEvent['kind'], text: string, changes: Partial<AuditEvent> = {}): AuditEvent {
  return { at: START, kind, incidentId: 'incident-0001', text, data: {}, ...changes };
}

/** A return that is due half an hour after the start. */
export function returnOf(changes: Partial<Obligation> = {}): Obligation {
  return {
    record: 'obligation',
    id: 'obligation-1',
    version: 0,
    incidentId: 'incident-0001',
    subject: SUBJECT,
    createdAt: START,
    dueAt: START + 30 * MINUTE_MS,
    deadline: START + 120 * MINUTE_MS,
    wakeAt: START + 30 * MINUTE_MS,
    attempts: 0,
    status: 'open',
    outcome: null,
    duty: { kind: 'return', intentId: 'intent-1', planId: 'plan-1', returnIncidentId: null },
    ...changes,
  };
}

export function policyOf(changes: Partial<LoadedPolicy['policy']> = {}): LoadedPolicy {
  const budget = { actions: 3, per: 3_600_000 };
  return {
    hash: 'hash-1',
    file: 'rules/policies/pools.yaml',
    policy: {
      apiVersion: 'hale/v1',
      kind: 'Policy',
      id: 'scale-out-when-pools-are-full',
      description: 'more replicas while the database has room',
      cause: 'connection-pool-waiting',
      mode: 'approve',
      ladder: [{ remediation: 'scale-workload', settings: {} }],
      limits: {
        cooldown: 10 * MINUTE_MS,
        budgets: { workload: budget, namespace: budget, cluster: budget, cause: budget },
        planDeadline: 30 * MINUTE_MS,
        approvalWithin: 15 * MINUTE_MS,
      },
      verification: {
        indicator: 'p95',
        unit: 'seconds',
        goodAtMost: 0.3,
        traffic: 'rate',
        minimumTraffic: 1,
        hold: MINUTE_MS,
        deadline: 10 * MINUTE_MS,
        settle: 1,
        worseFactor: 1.5,
      },
      ...changes,
    },
  };
}
