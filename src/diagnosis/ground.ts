import type { CauseReason } from '../domain/reason.ts';

/**
 * What lies under what. Of two causes that are as sure as one another, the one in the lower layer (further up here) explains the other: a node
 * that is short of disk explains a workload that does not start, and not the other way round. Within a layer, in the order written.
 */
const LAYERS: readonly { readonly layer: string; readonly reasons: readonly CauseReason[] }[] = [
  { layer: 'what Hale and the team see with', reasons: ['alerting-path-broken', 'telemetry-missing'] },
  { layer: 'the machines under everything', reasons: ['node-trouble', 'disk-filling', 'certificate-expiring'] },
  { layer: 'whether the workload can run at all', reasons: ['scaled-to-zero', 'workload-not-starting'] },
  // A release explains whatever began with it: what goes wrong inside of the workload, and what its queries do to the database.
  { layer: 'what was released', reasons: ['bad-release'] },
  {
    layer: 'the database under the workloads',
    reasons: ['lock-waits', 'database-connections-exhausted', 'slow-query'],
  },
  { layer: 'whether it keeps running', reasons: ['out-of-memory', 'crash-looping', 'autoscaler-misconfigured'] },
  { layer: 'what the code does', reasons: ['connection-leak', 'memory-leaking', 'application-error'] },
  { layer: 'whether what it calls answers', reasons: ['service-unreachable', 'dependency-down'] },
  { layer: 'what it is short of', reasons: ['autoscaler-at-limit', 'cpu-saturated', 'queue-backlog'] },
  { layer: 'how much is asked of it', reasons: ['traffic-surge'] },
  { layer: 'who waits', reasons: ['connection-pool-waiting', 'dependency-slow'] },
];

const ORDER: readonly CauseReason[] = LAYERS.flatMap(({ reasons }) => reasons);

/** Lower explains higher. A test checks that every reason has its place. */
export function groundOf(reason: CauseReason): number {
  return ORDER.indexOf(reason);
}
