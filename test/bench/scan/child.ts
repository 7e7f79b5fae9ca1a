// Runs the scan as the daemon does, through the Prometheus adapter, in a process of its own: what it uses is the scan's alone.
import { createPrometheus } from '../../../src/adapters/prometheus/index.ts';
import { createScan } from '../../../src/scan/index.ts';
import { fakeCluster, fakePods, fakeWorkload } from '../../fakes/cluster.ts';

const [url = '', count = '0', scans = '0', explodedNamespace] = process.argv.slice(2);
const workloads = Number(count);
const T0 = 1_800_000_000_000;
const STEP_MS = 15_000;
const WARM_UP = 3;

const cluster = fakeCluster(() => T0);
const byPod = new Map<string, ReturnType<typeof fakeWorkload>>();
for (let index = 0; index < workloads; index += 1) {
  const workload = fakeWorkload({ subject: { name: `workload-${index}`, namespace: 'bench', uid: `uid-${index}` } });
  for (const pod of fakePods(workload)) byPod.set(pod.name, workload);
}
if (explodedNamespace !== undefined) {
  const known = fakeWorkload({ subject: { name: 'known', namespace: explodedNamespace, uid: 'uid-known' } });
  byPod.set('known', known);
}
const prometheus = createPrometheus({ url, timeoutMs: 60_000, maxBytes: 256 * 1024 * 1024 });
const scan = createScan({
  metrics: prometheus,
  // A look into a map, as in the cache of the cluster.
  cluster: {
    ...cluster.reader,
    workloadOfPod: (_, pod) => byPod.get(pod) ?? null,
    workloads: () => [...new Set(byPod.values())],
  },
  // As the product has it where labels explode; elsewhere enough for all.
  ...(explodedNamespace === undefined
    ? { maxAnswerSeries: 100_000, maxSeries: 1_000_000 }
    : { maxAnswerSeries: 20_000, maxSeries: 40_000 }),
  minRatePerS: 0.5,
});

const rssMbBefore = process.memoryUsage.rss() / 1e6;
let cpuUs = 0;
let wallMs = 0;
let last = null;
for (let turn = 0; turn < WARM_UP + Number(scans); turn += 1) {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  last = await scan.run(T0 + turn * STEP_MS, AbortSignal.timeout(120_000));
  if (turn < WARM_UP) continue;
  const used = process.cpuUsage(before);
  cpuUs += used.user + used.system;
  wallMs += performance.now() - startedAt;
}
prometheus.close();
process.send?.({
  cpuS: cpuUs / 1e6 / Number(scans),
  wallS: wallMs / 1e3 / Number(scans),
  rssMb: process.memoryUsage.rss() / 1e6,
  rssMbBefore,
  queries: last?.queries ?? 0,
  workloads: last?.workloads ?? 0,
  series: last?.series ?? 0,
  stateBytes: last?.stateBytes ?? 0,
  left: last?.left.map(({ what, why }) => `${what}: ${why}`) ?? [],
});
