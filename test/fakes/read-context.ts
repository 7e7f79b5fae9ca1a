import type { Evidence } from '../../src/domain/evidence.ts';
import type { ActContext, ReadContext, RecordedMetrics, TopologyReader } from '../../src/plugin/context.ts';
import type { FakeCluster } from './cluster.ts';

export interface FakeReadContext extends ReadContext {
  /** What was kept by `keep`, oldest first. */
  readonly kept: readonly Pick<Evidence, 'id' | 'kind' | 'source' | 'title' | 'query' | 'body'>[];
}

interface FakeContextOptions {
  readonly metrics: RecordedMetrics;
  readonly cluster: Pick<FakeCluster, 'reader'>;
  readonly topology?: TopologyReader;
  readonly now: () => number;
}

/** Without a topology nobody calls anybody. */
export const NOBODY_CALLS: TopologyReader = {
  calleesOf: async () => [],
  graph: async () => ({ at: 0, nodes: [], edges: [], notices: [] }),
};

/** A ReadContext with ids that count up. Without a topology nobody calls anybody. */
export function fakeReadContext({ metrics, cluster, topology, now }: FakeContextOptions): FakeReadContext {
  const kept: Pick<Evidence, 'id' | 'kind' | 'source' | 'title' | 'query' | 'body'>[] = [];
  let ids = 0;
  const newId = () => `id-${++ids}`;
  return {
    kept,
    now,
    signal: new AbortController().signal,
    metrics,
    cluster: cluster.reader,
    topology: topology ?? NOBODY_CALLS,
    keep(item) {
      const id = newId();
      kept.push({ id, ...item });
      return id;
    },
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
