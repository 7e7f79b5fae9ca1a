import type { DetectorWorld } from './detector-contract.ts';
import { detectorWorld } from './detector-contract.ts';

/** What the containers of a workload went through, under the names of one exporter. */
export interface EndsGiven {
  /** Restarts and OOM kills by how many minutes ago each was. */
  readonly restarts?: readonly number[];
  readonly oomKills?: readonly number[];
  readonly lastReason?: string;
  readonly exitCode?: number;
  readonly waitingReason?: string;
  readonly limitBytes?: number;
  readonly names?: { readonly restarts?: string; readonly limit?: string };
  /** Labels in place of `namespace` and `pod`. */
  readonly place?: (pod: string) => Record<string, string>;
  /** How many of the three pods; all of them when not given. */
  readonly pods?: number;
}

const MINUTE_MS = 60_000;

export function containerEndsWorld(given: EndsGiven): DetectorWorld {
  return detectorWorld((series, names, now) => {
    const shape = { from: now - 90 * MINUTE_MS, to: now };
    const countAt = (minutesAgo: readonly number[]) => (at: number) =>
      4 + minutesAgo.filter((ago) => now - ago * MINUTE_MS <= at).length;
    for (const pod of names.slice(0, given.pods ?? names.length)) {
      const place = { ...(given.place?.(pod) ?? { namespace: 'shop', pod }), container: 'app' };
      const gauge = (name: string, value: number | ((at: number) => number), labels = {}) =>
        series.gauge({ __name__: name, ...place, ...labels }, value, shape);
      const ksm = 'kube_pod_container_status';
      if (given.restarts) gauge(given.names?.restarts ?? `${ksm}_restarts_total`, countAt(given.restarts));
      if (given.oomKills) gauge('container_oom_events_total', countAt(given.oomKills));
      if (given.lastReason) gauge(`${ksm}_last_terminated_reason`, 1, { reason: given.lastReason });
      if (given.exitCode !== undefined) gauge(`${ksm}_last_terminated_exitcode`, given.exitCode);
      if (given.waitingReason) gauge(`${ksm}_waiting_reason`, 1, { reason: given.waitingReason });
      const limit = given.names?.limit ?? 'kube_pod_container_resource_limits';
      if (given.limitBytes) gauge(limit, given.limitBytes, limit.endsWith('limits') ? { resource: 'memory' } : {});
    }
  });
}
