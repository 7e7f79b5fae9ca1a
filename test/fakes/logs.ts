import type { LogLabels } from '../../src/domain/log-record.ts';
import type { ClusterReader } from '../../src/ports/cluster.ts';
import type { LogCounts, LogOwner, TroubleCount } from '../../src/ports/log-counts.ts';
import type { LogSample } from '../../src/ports/log-store.ts';
import type { WorkloadLogsReader } from '../../src/ports/workload-logs.ts';
import { createWorkloadLogs } from '../../src/workload-logs/index.ts';

const MINUTE_MS = 60_000;

interface LineLabels extends Partial<LogLabels> {
  readonly pod?: string | undefined;
  readonly patternId?: string;
  readonly template?: string;
}

export interface FakeLogs {
  readonly reader: WorkloadLogsReader;
  /** `perMinute` lines in each of the last `minutes` minutes before `until`, of shop/orders unless the labels say otherwise. */
  lines(line: string, until: number, minutes: number, perMinute: number, labels?: LineLabels): void;
  /** Lines about requests that were answered with 200. */
  served(until: number, minutes: number, perMinute: number, labels?: LineLabels): void;
}

/** What was counted of log events, as a test writes it. The text of a line is its own template unless one is given. */
export function fakeLogs(cluster: Pick<ClusterReader, 'workloads' | 'services'>): FakeLogs {
  const rows: TroubleCount[] = [];
  const samples: LogSample[] = [];
  const isOf = ({ namespace, service }: Pick<LogLabels, 'namespace' | 'service'>, owner: LogOwner) =>
    owner.services.includes(service ?? '') &&
    (namespace === null ? owner.alsoWithoutNamespace : namespace === owner.namespace);
  const within = (owner: LogOwner, since: number, until: number) =>
    rows.filter((row) => isOf(row.labels, owner) && row.minute >= since && row.minute < until);
  const counts: LogCounts = {
    async heard(owner, since, until) {
      return within(owner, since, until)
        .toSorted((a, b) => a.minute - b.minute)
        .map(({ minute, labels: { release, status }, count }) => ({
          minute,
          release,
          events: count,
          answered: status === null ? 0 : count,
          failed: (status ?? 0) >= 500 ? count : 0,
        }));
    },
    async troubles(owner, since, until, limit) {
      const isCalm = ({ level, status, exception }: LogLabels) =>
        exception === null &&
        (status ?? 0) < 500 &&
        !['warn', 'error', 'fatal'].includes(level ?? '') &&
        (level ?? status) !== null;
      return within(owner, since, until)
        .filter(({ labels }) => !isCalm(labels))
        .toSorted((a, b) => b.minute - a.minute)
        .slice(0, limit);
    },
    samplesOf: async (owner, patternId) =>
      samples.filter((one) => one.patternId === patternId && isOf(one, owner)).toReversed(),
  };

  function lines(line: string, until: number, minutes: number, perMinute: number, given: LineLabels = {}): void {
    const { pod = null, template = line.replaceAll(/\s+/g, ' '), patternId = template, ...labels } = given;
    const all: LogLabels = {
      namespace: 'shop',
      service: 'orders',
      release: null,
      route: null,
      status: null,
      level: null,
      exception: null,
      ...labels,
    };
    const last = Math.floor(until / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    for (let ago = 0; ago < minutes; ago += 1) {
      const minute = last - ago * MINUTE_MS;
      rows.push({ minute, patternId, template, firstSeenAt: minute, labels: all, count: perMinute });
    }
    const { namespace, service } = all;
    samples.push({ patternId, at: last, namespace, service, pod, traceId: null, line });
  }

  return {
    reader: createWorkloadLogs({ counts, cluster }),
    lines,
    served: (until, minutes, perMinute, labels) =>
      lines('request served', until, minutes, perMinute, { level: 'info', status: 200, ...labels }),
  };
}
