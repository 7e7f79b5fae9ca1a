import { fork } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { PACE_QUERY } from '../../src/scan/pace.ts';
import { createRandom } from '../../src/simulation/random.ts';
import { fakePods, fakeWorkload } from '../fakes/cluster.ts';
import type { Bench } from './figure.ts';

const SIZES = [200, 2_000, 5_000] as const;
const MEASURED = 2_000;
const SCANS = 10;
const Result = z.object({
  cpuS: z.number(),
  wallS: z.number(),
  rssMb: z.number(),
  queries: z.number(),
  workloads: z.number(),
  series: z.number(),
  stateBytes: z.number(),
  left: z.number(),
});
type Result = z.infer<typeof Result>;

/** Families of an HTTP service in Node with a pool, and of its containers: enough for all eleven indicators. */
const NAMES = [
  'http_server_request_duration_seconds_count',
  'http_server_request_duration_seconds_bucket',
  'http_server_active_requests',
  'container_cpu_usage_seconds_total',
  'container_cpu_cfs_periods_total',
  'container_memory_working_set_bytes',
  'container_spec_memory_limit_bytes',
  'nodejs_eventloop_lag_p99_seconds',
  'hikaricp_connections_active',
];
const POOL_NAMES = ['hikaricp_connections_active', 'hikaricp_connections_max', 'hikaricp_connections_pending'];

export const bench: Bench = {
  name: 'scan',
  summary:
    'one scan of 2,000 workloads (6,000 pods) by eleven indicators: CPU and memory, beside 200 and 5,000 workloads',
  async run({ emit, progress, seed }) {
    const results = new Map<number, Result>();
    for (const size of SIZES) {
      progress(`${size} workloads, ${SCANS} scans`);
      results.set(size, await measure(size, seed));
    }
    const at = (size: number): Result => {
      const result = results.get(size);
      if (result === undefined) throw new Error(`nothing measured for ${size}`);
      return result;
    };
    const measured = at(MEASURED);
    for (const [size, { workloads, left }] of results)
      if (workloads !== size || left > 0)
        throw new Error(`${workloads} of ${size} workloads read, ${left} answers left out`);
    const one = { bench: 'scan', better: 'lower', seed } as const;
    emit({ ...one, figure: 'cpu_s_per_scan', value: round(measured.cpuS), unit: 's', must: 1 });
    emit({ ...one, figure: 'rss_mb', value: round(measured.rssMb), unit: 'MB', must: 300 });
    emit({ ...one, figure: 'wall_s_per_scan', value: round(measured.wallS), unit: 's' });
    emit({ ...one, figure: 'state_bytes_per_series', value: round(measured.stateBytes / measured.series), unit: 'B' });
    emit({
      ...one,
      figure: 'queries_per_scan',
      value: at(5_000).queries,
      unit: 'queries',
      must: at(200).queries,
      peer: { name: 'with 200 workloads', value: at(200).queries },
      ratio: round(at(5_000).queries / at(200).queries),
    });
    const perWorkload = (size: number) => round((at(size).cpuS * 1e6) / size);
    emit({
      ...one,
      figure: 'cpu_us_per_workload_of_5000',
      value: perWorkload(5_000),
      unit: 'us',
      peer: { name: 'of 200', value: perWorkload(200) },
      ratio: round(perWorkload(5_000) / perWorkload(200)),
    });
    emit({ ...one, figure: 'rss_mb_of_5000', value: round(at(5_000).rssMb), unit: 'MB' });
  },
};

async function measure(workloads: number, seed: number): Promise<Result> {
  const server = await serve(workloads, seed);
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<Result>((resolve, reject) => {
      const child = fork(new URL('./scan-child.ts', import.meta.url), [
        `http://127.0.0.1:${port}`,
        String(workloads),
        String(SCANS),
      ]);
      child.once('message', (message) => resolve(Result.parse(message)));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the scan ended with ${code} before it told its figures`)));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Answers every question with one sample for each pod, as Prometheus writes it. */
async function serve(workloads: number, seed: number): Promise<Server> {
  const random = createRandom(seed);
  const pods: string[] = [];
  for (let index = 0; index < workloads; index += 1)
    for (const pod of fakePods(fakeWorkload({ subject: { name: `workload-${index}`, namespace: 'bench' } })))
      pods.push(pod.name);
  const sample = (metric: Record<string, string>) => ({ metric, value: [1_800_000_000, String(1 + random.uniform())] });
  const answerTo = (query: string): unknown[] => {
    if (query.startsWith('count by (__name__')) return NAMES.map((name) => sample({ __name__: name, job: 'bench' }));
    if (query === PACE_QUERY) return [{ metric: { job: 'bench' }, value: [1_800_000_000, '4'] }];
    const names = query.includes('hikaricp') ? POOL_NAMES : [undefined];
    return names.flatMap((name) =>
      pods.map((pod) => sample({ ...(name === undefined ? {} : { __name__: name }), namespace: 'bench', pod })),
    );
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const query = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('query') ?? '';
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result: answerTo(query) } }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
