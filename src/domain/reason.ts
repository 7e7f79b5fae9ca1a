import { z } from 'zod';

/**
 * Closed list of what can be found. A symptom says what users or machines feel; only a cause may lead to a plan.
 * `lever` is what a person would do about it when Hale does not.
 */
export const REASONS = {
  'latency-spike': {
    role: 'symptom',
    meaning: 'Requests take much longer than they did before.',
    example: 'web p95 0.9 s, 7x its 0.12 s of the hour before',
    lever: 'follow the waiting to the service that causes it',
  },
  'error-burst': {
    role: 'symptom',
    meaning: 'A much larger share of requests fails than before.',
    example: 'web answers 18 % of its requests with 5xx, 0.1 % in the hour before',
    lever: 'follow the failing calls to the service that causes them',
  },
  'traffic-drop': {
    role: 'symptom',
    meaning: 'Far fewer requests arrive than at this time of day, although nothing was scaled down.',
    example: 'web gets 2 requests/s, expected 110 to 150',
    lever: 'look in front of the workload: ingress, DNS, clients, an upstream that fails',
  },
  'traffic-surge': {
    role: 'cause',
    meaning: 'More requests arrive than the workload can serve; each takes as long as before when it is served alone.',
    example: 'web gets 480 requests/s, 4x its usual 120, and waits for CPU',
    lever: 'more replicas while what they call has room; else shed load at the edge',
  },
  'cpu-saturated': {
    role: 'cause',
    meaning: 'The containers use all the CPU that they may, or are throttled at their limit.',
    example: 'orders: 2 of 2 pods at 98 % of their limit, throttled in 61 % of periods',
    lever: 'more replicas, or a higher limit',
  },
  'out-of-memory': {
    role: 'cause',
    meaning: 'Containers are killed for going over their memory limit.',
    example: 'orders: 3 OOM kills in 10 minutes at a limit of 256 MiB',
    lever: 'a higher limit when the load needs it; the release before when it is new; else find what grows',
  },
  'memory-leaking': {
    role: 'cause',
    meaning: 'Memory grows steadily whatever the load, and will reach its limit.',
    example: 'orders grows by 2.1 MiB/min since 14:02, limit in 18 minutes',
    lever: 'restart pod by pod to win time; the fix is in the code',
  },
  'crash-looping': {
    role: 'cause',
    meaning: 'Containers end by themselves again and again, not for want of memory.',
    example: 'orders: exit code 1, 5 restarts in 6 minutes, back-off 40 s',
    lever: 'read the log of the container before; go back to the release before when it is new',
  },
  'bad-release': {
    role: 'cause',
    meaning: 'Users are worse off since a new revision of the workload, by errors or by latency.',
    example: 'orders revision 31 (image orders:2.4.0) fails 22 % of requests since 14:02; revision 30 failed 0.1 %',
    lever: 'go back to the revision before',
  },
  'application-error': {
    role: 'cause',
    meaning: 'One error of the code, in no new release and with its dependencies well, fails requests.',
    example: 'orders: TypeError in priceOf on GET /orders/:id, 14 % of requests since 14:02',
    lever: 'a change of the code, where the own frame of the exception points',
  },
  'connection-leak': {
    role: 'cause',
    meaning: 'Connections of a client-side pool are taken and never given back: in use without load.',
    example: 'orders: 10 of 10 in use at a tenth of the usual traffic, none returned for 4 minutes',
    lever: 'restart pod by pod to win time; the fix is to return the connection on every path',
  },
  'slow-query': {
    role: 'cause',
    meaning:
      'Queries of the database take much longer than they did, with room for connections and no waiting for locks.',
    example: 'select on items 40x slower since 14:02: a sequential scan of 4 million rows',
    lever: 'an index or a change of the query; more replicas make it worse',
  },
  'lock-waits': {
    role: 'cause',
    meaning: 'Database sessions wait for a lock that one session holds.',
    example: 'postgres: 14 sessions wait, first for pid 4711 (ALTER TABLE, 3 minutes)',
    lever: 'end the transaction that holds the lock; never more replicas',
  },
  'dependency-down': {
    role: 'cause',
    meaning: 'Something that the workload calls refuses or fails its calls.',
    example: 'orders: 100 % of calls to payments refused since 14:02',
    lever: 'mend the dependency; open the circuit or degrade until then',
  },
  'dependency-slow': {
    role: 'cause',
    meaning:
      'Something that the workload calls answers much later than it did, and nothing that Hale can see explains why.',
    example: 'orders: calls to payments p95 2.1 s, 0.04 s before',
    lever: 'mend the dependency; shorter time-outs until then',
  },
  'autoscaler-at-limit': {
    role: 'cause',
    meaning: 'The autoscaler wants more replicas than its maximum allows.',
    example: 'HPA orders: 5 of at most 5 for 12 minutes, CPU at 141 % of its target',
    lever: 'a higher maximum, while node and database have room',
  },
  'autoscaler-misconfigured': {
    role: 'cause',
    meaning: 'The autoscaler cannot work as written: no requests, no metric, no target, or two for one workload.',
    example: 'HPA orders: ScalingActive=False, FailedGetResourceMetric: missing request for cpu',
    lever: 'mend the autoscaler: the condition says what it lacks',
  },
  'scaled-to-zero': {
    role: 'cause',
    meaning: 'The workload has no replicas although others call it.',
    example: 'Deployment orders: 0 replicas since 14:02 (kubectl-scale by alice), web calls it',
    lever: 'give it its replicas back',
  },
  'workload-not-starting': {
    role: 'cause',
    meaning: 'New pods do not become ready, for a reason that Kubernetes names.',
    example: 'orders-7d9f: FailedScheduling, 0/3 nodes available: 3 Insufficient memory',
    lever: 'what the reason asks for: image, command, probe, ConfigMap, Secret, volume, quota or room on a node',
  },
  'service-unreachable': {
    role: 'cause',
    meaning: 'A Service has no ready address, or leads to a port or pods that do not answer, while the pods are well.',
    example: 'Service orders selects app=order; its pods have app=orders',
    lever: 'mend selector, port or network policy',
  },
  'disk-filling': {
    role: 'cause',
    meaning: 'A volume will be full soon at the rate at which it fills.',
    example: 'PVC data-postgres-0: 91 % used, full in 40 minutes',
    lever: 'free space or grow the volume',
  },
  'certificate-expiring': {
    role: 'cause',
    meaning: 'A certificate in use ends soon or has ended.',
    example: 'certificate of shop.example ends in 3 days',
    lever: 'renew it; find out why it did not renew by itself',
  },
  'node-trouble': {
    role: 'cause',
    meaning: 'A node is not ready, under pressure, or so busy that its pods suffer whatever they do.',
    example: 'node-2: CPU at 99 %, 14 pods slow; batch-import uses 7 of 8 cores without a limit',
    lever: 'evict what takes too much, or move the workload away',
  },
  'queue-backlog': {
    role: 'cause',
    meaning: 'Work arrives faster than its consumers finish it.',
    example: 'queue orders: 48,000 messages, growing by 900/min, 2 consumers busy',
    lever: 'more consumers while what they call has room',
  },
  'telemetry-missing': {
    role: 'cause',
    meaning: 'The workload runs and its metrics do not arrive: Hale is blind for it.',
    example: 'orders: 2 of 2 targets down (connection refused on :9464) while pods are ready',
    lever: 'mend the scrape: port, path, network policy, or the exporter',
  },
  'connection-pool-waiting': {
    role: 'cause',
    meaning: 'Requests wait for a connection of a client-side pool while the database server has room.',
    example: 'orders: 4 of 4 connections in use, 11 requests waiting, server at 12 of 100',
    lever: 'more replicas or a larger pool, while the server has room; else shorten what holds the connections',
  },
  'database-connections-exhausted': {
    role: 'cause',
    meaning: 'The database server refuses connections or is about to: more clients would make it worse.',
    example: 'postgres: 97 of 97 usable connections taken; orders gets SQLSTATE 53300',
    lever:
      'fewer or shorter connections: close the idle clients, shrink the pools or put a pooler in front; never more replicas',
  },
  'alerting-path-broken': {
    role: 'cause',
    meaning:
      'The Watchdog alert that must always fire does not arrive: Prometheus, Alertmanager or the way to Hale is broken.',
    example: 'no Watchdog for 12 minutes, expected every 5',
    lever: 'check Prometheus, Alertmanager and the receiver that points at Hale',
  },
} as const satisfies Record<string, { role: 'symptom' | 'cause'; meaning: string; example: string; lever: string }>;

type ReasonKey = keyof typeof REASONS;
export const Reason = z.enum(Object.keys(REASONS) as [ReasonKey, ...ReasonKey[]]);
export type Reason = z.infer<typeof Reason>;

export type CauseReason = { [K in ReasonKey]: (typeof REASONS)[K]['role'] extends 'cause' ? K : never }[ReasonKey];
export const CAUSE_REASONS = (Object.keys(REASONS) as ReasonKey[]).filter(
  (key): key is CauseReason => REASONS[key].role === 'cause',
);
/** The reasons that may lead to a plan. */
export const CauseReason = z.enum(CAUSE_REASONS as [CauseReason, ...CauseReason[]]);
