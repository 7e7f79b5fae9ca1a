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
const CAUSE_REASONS = (Object.keys(REASONS) as ReasonKey[]).filter(
  (key): key is CauseReason => REASONS[key].role === 'cause',
);
/** The reasons that may lead to a plan. */
export const CauseReason = z.enum(CAUSE_REASONS as [CauseReason, ...CauseReason[]]);
