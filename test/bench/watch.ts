import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRealParts } from '../contract/cluster-parts.ts';
import { type RealCluster, startRealCluster } from '../contract/cluster-real-world.ts';
import { kubeconfigOf } from '../world/kube/client.ts';
import type { Bench, BenchOptions } from './figure.ts';
import { fillCluster, podsOf, restartContainers } from './watch/fill.ts';
import { measureCache, type WatchResult } from './watch/measure.ts';
import type { BenchPod } from './watch/objects.ts';

const SIZE = { workloads: 5_000, podsEach: 4 } as const;
const EVENTS = 2_500;
const EVENTS_PER_S = 250;
const RUNS = 3;
const CACHES = {
  hale: new URL('./watch/hale-child.ts', import.meta.url),
  informer: new URL('./watch/informer-child.ts', import.meta.url),
} as const;
type CacheName = keyof typeof CACHES;

export const bench: Bench = {
  name: 'watch',
  summary:
    'the watch cache on 5,000 workloads (20,000 pods) of a real API server, beside the bare informers of client-node',
  async run(options) {
    const parts = await findRealParts('bench watch', ['etcd', 'kube-apiserver']);
    if (parts === null) throw new Error('bench watch needs etcd and kube-apiserver');
    options.progress('starting etcd and kube-apiserver');
    const cluster = await startRealCluster(parts, options.data === undefined ? undefined : join(options.data, 'etcd'));
    const folder = await mkdtemp(join(tmpdir(), 'hale-bench-watch-'));
    try {
      const kubeconfig = join(folder, 'kubeconfig.json');
      await writeFile(kubeconfig, kubeconfigOf({ ...cluster.adminAccess, token: cluster.token }), { mode: 0o600 });
      const pods = await filled(cluster, options);
      report(options, await measureAll(cluster, kubeconfig, pods, options));
    } finally {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** With `--data` the filled server is kept for the next run: to fill it takes minutes of two cores. */
async function filled({ adminAccess }: RealCluster, { data, progress }: BenchOptions): Promise<readonly BenchPod[]> {
  const mark = data === undefined ? null : join(data, `filled-${SIZE.workloads}-${SIZE.podsEach}`);
  if (mark !== null && existsSync(mark)) return podsOf(SIZE);
  const pods = await fillCluster(adminAccess, SIZE, progress);
  if (mark !== null) await writeFile(mark, '');
  return pods;
}

/** In turns, so that whatever else the machine does meets both. */
async function measureAll(
  { adminAccess }: RealCluster,
  kubeconfig: string,
  pods: readonly BenchPod[],
  { progress }: BenchOptions,
): Promise<Record<CacheName, WatchResult[]>> {
  const results: Record<CacheName, WatchResult[]> = { hale: [], informer: [] };
  // Every round tells another count of the same pods, also after an earlier run on the same server.
  const restarted = pods.filter((_, index) => index % Math.floor(pods.length / EVENTS) === 0).slice(0, EVENTS);
  let count = Math.floor(Date.now() / 1000) % 1_000_000_000;
  for (let run = 0; run < RUNS; run += 1) {
    for (const name of ['hale', 'informer'] as const) {
      count += 1;
      const restarts = count;
      const expected = { workloads: SIZE.workloads, pods: pods.length, restarts: restarts * restarted.length };
      const result = await measureCache(CACHES[name], kubeconfig, expected, async () => {
        const rate = await restartContainers(adminAccess, restarted, restarts, EVENTS_PER_S);
        progress(`run ${run + 1} of ${RUNS}, ${name}: ${restarted.length} events, ${Math.round(rate)} a second`);
      });
      progress(JSON.stringify({ cache: name, ...result }));
      results[name].push(result);
    }
  }
  return results;
}

function report({ emit, seed }: BenchOptions, { hale, informer }: Record<CacheName, WatchResult[]>): void {
  const beside = (figure: string, unit: string, of: (result: WatchResult) => number): void => {
    const value = median(hale.map(of));
    const peer = median(informer.map(of));
    emit({
      bench: 'watch',
      figure,
      value: round(value),
      unit,
      better: 'lower',
      must: round(peer),
      peer: { name: 'client-node informer', value: round(peer) },
      ratio: round(value / peer),
      seed,
    });
  };
  beside('rss_steady_mb', 'MB', (it) => it.steadyMb);
  beside('rss_peak_mb', 'MB', (it) => it.peakMb);
  beside('cpu_ms_per_1000_events', 'ms', (it) => (it.eventsCpuS * 1e6) / EVENTS);
  beside('synced_s', 's', (it) => it.syncedS);
  beside('synced_cpu_s', 's', (it) => it.syncCpuS);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
