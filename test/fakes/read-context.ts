import type { Evidence } from '../../src/domain/evidence.ts';
import type { ActContext, ReadContext, RecordedMetrics, TopologyReader } from '../../src/plugin/context.ts';
import type { WorkloadLogsReader } from '../../src/ports/workload-logs.ts';
import { recordLogs } from '../../src/workflow/recorded-logs.ts';
import type { FakeCluster } from './cluster.ts';

export interface FakeReadContext extends ReadContext {
  /** What was kept by `keep`, oldest first. */
  readonly kept: readonly Pick<Evidence, 'id' | 'kind' | 'source' | 'title' | 'query' | 'body'>[];
}

interface FakeContextOptions {
  readonly metrics: RecordedMetrics;
  readonly cluster: Pick<FakeCluster, 'reader'>;
  readonly topology?: TopologyReader;
  readonly logs?: WorkloadLogsReader;
  readonly now: () => number;
}

/** Without a topology nobody calls anybody. */
export const NOBODY_CALLS: TopologyReader = {
  calleesOf: async () => [],
  graph: async () => ({ at: 0, nodes: [], edges: [], notices: [] }),
};

export const NOTHING_HEARD: WorkloadLogsReader = {
  around: async () => ({ known: false, why: 'nothing was heard' }),
};

/** A ReadContext with ids that count up. Without a topology nobody calls anybody, without logs nothing is heard. */
export function fakeReadContext({ metrics, cluster, topology, logs, now }: FakeContextOptions): FakeReadContext {
  const kept: Pick<Evidence, 'id' | 'kind' | 'source' | 'title' | 'query' | 'body'>[] = [];
  let ids = 0;
  const newId = () => `id-${++ids}`;
  const keep: ReadContext['keep'] = (item) => {
    const id = newId();
    kept.push({ id, ...item });
    return id;
  };
  return {
    kept,
    now,
    signal: new AbortController().signal,
    metrics,
    cluster: cluster.reader,
    topology: topology ?? NOBODY_CALLS,
    logs: recordLogs(logs ?? NOTHING_HEARD, now(), keep),
    keep,
    newId,
  };
}

/** The same with the right to write, within an intent. */
export function fakeActContext(
  options: FakeContextOptions & { cluster: Pick<FakeCluster, 'writer'>; intentId: string; deadline: number },
): ActContext {
  return {
    ...fakeReadContext(options),
    intentId: options.intentId,
    deadline: options.deadline,
    writer: options.cluster.writer,
  };
}
