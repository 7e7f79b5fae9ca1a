import type { Incident } from '../domain/incident.ts';
import type { ClusterReader, PodView, WorkloadView } from '../ports/cluster.ts';
import { NO_RESOURCES } from '../ports/cluster.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import type { FactsInput, GateSettings } from './facts.ts';
import { NOW } from './facts-for-tests.ts';

export const ORDERS = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'orders',
  uid: 'uid-orders',
} as const;

export function exampleWorkload(changes: Partial<WorkloadView> = {}): WorkloadView {
  return {
    subject: ORDERS,
    replicas: 3,
    readyReplicas: 3,
    updatedReplicas: 3,
    availableReplicas: 3,
    generation: 7,
    observedGeneration: 7,
    paused: false,
    progressDeadlineExceeded: false,
    labels: {},
    annotations: { 'hale.dev/enabled': 'true' },
    selector: { app: 'orders' },
    containers: [{ name: 'app', image: 'orders:1', resources: NO_RESOURCES, env: {} }],
    controller: null,
    replicasManager: null,
    strategy: 'RollingUpdate',
    changes: [],
    createdAt: NOW - 86_400_000,
    ...changes,
  };
}

export function examplePods(count: number, phase = 'Running'): PodView[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: 'shop',
    name: `orders-7c9d8b6f5-x2v4${index}`,
    uid: `uid-pod-${index}`,
    labels: {},
    ready: true,
    phase,
    ip: null,
    nodeName: null,
    restarts: 0,
    owner: null,
    createdAt: NOW - 3_600_000,
    terminating: false,
    reason: null,
    troubles: [],
  }));
}

export const exampleSettings: GateSettings = {
  freeze: { namespace: 'hale', configMap: 'hale-freeze' },
  scope: { namespaces: ['shop'], optInKey: 'hale.dev/enabled' },
  storm: { sickSubjects: 5, withinMs: 300_000, quietForMs: 600_000 },
  catalogue: [{ name: 'shop-postgres', matchers: { job: 'postgres' }, usedBy: ['shop/orders'] }],
  maxObservationAgeMs: 120_000,
  headroomLimit: 0.8,
};

/** Each pod with a pool of 10, of which 9 are in use and 1 is idle; the server with 42 of 100 connections, 3 of them reserved. */
export function exampleSeries(pods: readonly string[]): RangeSeries[] {
  const points = (value: number) => [{ at: NOW, value }];
  const ofPod = (pod: string, name: string, value: number, more: Record<string, string> = {}): RangeSeries => ({
    labels: {
      __name__: name,
      namespace: 'shop',
      pod,
      job: 'pods',
      instance: pod,
      db_client_connection_pool_name: 'main',
      ...more,
    },
    points: points(value),
  });
  const ofServer = (name: string, value: number): RangeSeries => ({
    labels: { __name__: name, job: 'postgres', instance: 'postgres:9187' },
    points: points(value),
  });
  return [
    ...pods.flatMap((pod) => [
      ofPod(pod, 'db_client_connection_count', 9, { db_client_connection_state: 'used' }),
      ofPod(pod, 'db_client_connection_count', 1, { db_client_connection_state: 'idle' }),
      ofPod(pod, 'db_client_connection_max', 10),
    ]),
    ofServer('pg_up', 1),
    ofServer('pg_settings_max_connections', 100),
    ofServer('pg_settings_superuser_reserved_connections', 3),
    ofServer('pg_stat_activity_count', 42),
  ];
}

export function exampleCluster(changes: Partial<FactsInput['cluster']> = {}): FactsInput['cluster'] {
  return {
    freshWorkload: async () => exampleWorkload(),
    freshAutoscaler: async () => null,
    autoscalersOf: async () => [],
    configMap: async () => null,
    namespace: (name) => ({ name, labels: {}, annotations: {} }),
    cacheState: (): ReturnType<ClusterReader['cacheState']> => ({ state: 'ready' }),
    podsOf: () => examplePods(3),
    ...changes,
  };
}

export function exampleStore(changes: Partial<FactsInput['store']> = {}): FactsInput['store'] {
  return {
    freeze: async () => null,
    writable: async () => true,
    lastActionAt: async () => null,
    counted: async () => ({ used: 0, oldestAt: null }),
    holderOf: async () => null,
    approvalFor: async () => null,
    loweredAutonomy: async () => [],
    sickSubjects: async () => 1,
    incidents: async () => [],
    ...changes,
  };
}

/** A world in which every gate passes the example plan. */
export function exampleInput(changes: Partial<FactsInput> = {}): FactsInput {
  const budget = { actions: 3, per: 86_400_000 };
  const pods = examplePods(3).map((pod) => pod.name);
  return {
    now: () => NOW,
    signal: new AbortController().signal,
    settings: exampleSettings,
    limits: {
      cooldown: 600_000,
      budgets: { workload: budget, namespace: budget, cluster: budget, cause: budget },
      planDeadline: 1_800_000,
      approvalWithin: 900_000,
    },
    database: null,
    ceiling: { mode: 'auto', source: 'autonomy.default' },
    evidence: { saved: ['metric-range'], required: ['metric-range'] },
    lastSignalAt: NOW - 30_000,
    redetect: async () => ({
      id: 'finding-2',
      detector: 'pool-exhaustion',
      reason: 'connection-pool-waiting',
      subject: ORDERS,
      confidence: 0.9,
      summary: '11 requests wait',
      figures: {},
      evidence: [],
    }),
    readUsers: async () => ({ at: NOW, indicator: 0.2, trafficPerS: 20 }),
    store: exampleStore(),
    cluster: exampleCluster(),
    metrics: { range: async () => ({ series: exampleSeries(pods), warnings: [] }) },
    ...changes,
  };
}

/** Only the fields that the count of a storm looks at differ between these. */
export function exampleIncident(key: string, openedAt: number, changes: Partial<Incident> = {}): Incident {
  return {
    record: 'incident',
    id: `incident-of-${key}-${openedAt}`,
    version: 1,
    key,
    purpose: 'heal',
    title: key,
    subject: null,
    phase: 'diagnosing',
    phaseSince: openedAt,
    openedAt,
    closedAt: null,
    wakeAt: null,
    attempts: 0,
    inboxRead: 0,
    firing: [],
    lastSignalAt: openedAt,
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
    ...changes,
  };
}
