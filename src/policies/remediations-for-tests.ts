import { z } from 'zod';
import type { KnownRemediation } from './check-policy.ts';

/** Two remediations as policies see them: one that can be undone, one that cannot. */
export const remediations: ReadonlyMap<string, KnownRemediation> = new Map<string, KnownRemediation>([
  [
    'scale-workload',
    {
      handles: ['connection-pool-waiting'],
      // Not strict: a schema that drops what it does not know must not let a misspelt ceiling pass.
      settings: z.object({
        stepPercent: z.number().min(1).default(50),
        minStep: z.number().int().min(1).default(1),
        maxReplicas: z.number().int().min(1),
        database: z.string().optional(),
      }),
      risk: 'reversible',
      rollback: async () => {},
    },
  ],
  [
    'restart-workload',
    {
      handles: ['connection-pool-waiting', 'database-connections-exhausted'],
      settings: z.strictObject({}),
      risk: 'disruptive',
      rollback: { none: 'a restart cannot be taken back' },
    },
  ],
]);

/** A policy in which nothing is wrong. The tests of what is refused replace single lines of it. */
export const POLICY_TEXT = `apiVersion: hale/v1
kind: Policy
id: scale-orders
description: more replicas for more pool slots
cause: connection-pool-waiting
when: cause.confidence >= 0.6
mode: auto
namespaces: [shop]
ladder:
  - remediation: scale-workload
    settings:
      maxReplicas: 8
    returnAfter: 30m
  - remediation: restart-workload
limits:
  cooldown: 10m
  budgets:
    workload: { actions: 3, per: 1d }
    namespace: { actions: 6, per: 1d }
    cluster: { actions: 12, per: 1d }
    cause: { actions: 3, per: 1d }
  planDeadline: 30m
  approvalWithin: 20m
verification:
  indicator: max(latency{namespace="$namespace",pod=~"$pods"})
  unit: seconds
  goodAtMost: 0.5
  traffic: sum(traffic{namespace="$namespace",pod=~"$pods"})
  minimumTraffic: 1
  hold: 1m
  deadline: 10m
`;
