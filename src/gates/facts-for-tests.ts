import type { Fact, GateFacts } from '../domain/gate-facts.ts';
import { type Plan, planDigest } from '../domain/plan.ts';

export const NOW = 1_800_000_000_000;

export function known<T>(value: T, source = 'test'): Fact<T> {
  return { known: true, value, source, at: NOW };
}

export function unknown(why = 'no answer', source = 'test'): Extract<Fact<never>, { known: false }> {
  return { known: false, why, source, at: NOW };
}

/** A plan to scale from 3 to 5 replicas, in mode auto. */
export function examplePlan(changes: Partial<Plan> = {}): Plan {
  const plan: Plan = {
    id: 'plan-1',
    incidentId: 'incident-1',
    policyId: 'scale-out-when-pools-are-full',
    policyHash: 'hash-of-the-policy',
    rung: 0,
    remediation: 'scale-workload',
    risk: 'reversible',
    direction: 'forward',
    causeReason: 'connection-pool-waiting',
    subject: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'orders', uid: 'uid-orders' },
    params: { replicas: 5, from: 3 },
    preview: {
      summary: 'scale Deployment shop/orders from 3 to 5 replicas',
      changes: [{ field: 'spec.replicas', before: '3', after: '5' }],
      blastRadius: 'the database gets up to 20 more connections',
      touches: { 'spec.replicas': 3 },
      replicasAfter: 5,
    },
    mode: 'auto',
    digest: '',
    attempt: 1,
    proposedAt: NOW - 1_000,
    deadline: NOW + 1_800_000,
    returnAfterMs: 1_800_000,
    returnOfIntentId: null,
    measure: {
      indicator: 'indicator',
      unit: 'seconds',
      goodAtMost: 0.5,
      traffic: 'traffic',
      minimumTraffic: 1,
      holdMs: 60_000,
      deadlineMs: 600_000,
      settleMs: 60_000,
      worseFactor: 1.5,
      neighbours: null,
    },
    status: 'open',
    ...changes,
  };
  return { ...plan, digest: planDigest(plan) };
}

/** A plan to return from 5 to 3 replicas. */
export function exampleReturn(changes: Partial<Plan> = {}): Plan {
  return examplePlan({
    direction: 'return',
    params: { replicas: 3, from: 5 },
    preview: {
      summary: 'scale Deployment shop/orders from 5 to 3 replicas',
      changes: [{ field: 'spec.replicas', before: '5', after: '3' }],
      blastRadius: 'less room for load',
      touches: { 'spec.replicas': 5 },
      replicasAfter: 3,
    },
    returnAfterMs: null,
    returnOfIntentId: 'intent-1',
    ...changes,
  });
}

/** Facts with which every gate passes the example plan. */
export function passingFacts(changes: Partial<GateFacts> = {}): GateFacts {
  const day = 86_400_000;
  return {
    now: NOW,
    frozen: known({ frozen: false, by: '', reason: '' }),
    storeWritable: known(true),
    scope: known({ namespaceAllowed: true, workloadOptedIn: true, namespaces: ['shop'] }),
    subject: known({ uid: 'uid-orders', replicas: 3, touched: { 'spec.replicas': 3 } }),
    rollout: known({ state: 'stable', detail: '3 of 3 replicas updated' }),
    owner: known(null),
    observedAt: known(NOW - 10_000),
    maxObservationAgeMs: 120_000,
    corroboration: known({ reason: 'connection-pool-waiting', summary: '11 requests wait', confidence: 0.9 }),
    cooldown: known({ lastActionAt: NOW - 3_600_000, cooldownMs: 600_000 }),
    budgets: known([
      {
        scope: 'workload',
        key: 'budget:workload:uid-orders',
        used: 1,
        limit: 3,
        windowMs: day,
        oldestAt: NOW - day / 2,
      },
      { scope: 'namespace', key: 'budget:namespace:shop', used: 2, limit: 6, windowMs: day, oldestAt: NOW - day / 4 },
      { scope: 'cluster', key: 'budget:cluster', used: 2, limit: 12, windowMs: day, oldestAt: NOW - day / 4 },
      {
        scope: 'cause',
        key: 'budget:cause:connection-pool-waiting/uid-orders',
        used: 0,
        limit: 3,
        windowMs: day,
        oldestAt: null,
      },
    ]),
    busyWith: known(null),
    capacity: known({
      database: 'shop-postgres',
      declaredNone: false,
      maxConnections: 100,
      reservedConnections: 3,
      usedConnections: 42,
      ownConnections: 30,
      poolMaxPerReplica: 10,
      refusing: false,
    }),
    storm: known({ sickSubjects: 1, limit: 5, windowMs: 300_000, actionsInStorm: 0 }),
    evidence: known({ saved: ['metric-instant', 'cluster-object'], required: ['metric-instant'] }),
    mode: known('auto'),
    approval: known(null),
    approvalDeadline: NOW + 600_000,
    users: known({ indicator: 0.2, goodAtMost: 0.5, trafficPerS: 20, minimumTraffic: 1 }),
    headroom: known({ saturationAfter: 0.6, limit: 0.8 }),
    ...changes,
  };
}

/** Facts with which every gate passes the example return. */
export function passingReturnFacts(changes: Partial<GateFacts> = {}): GateFacts {
  return passingFacts({
    subject: known({ uid: 'uid-orders', replicas: 5, touched: { 'spec.replicas': 5 } }),
    ...changes,
  });
}
