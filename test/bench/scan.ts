import { fork } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Bench } from './figure.ts';
import { EXPLODED_NAMESPACE, serve } from './scan/server.ts';

const SIZES = [200, 2_000, 5_000] as const;
const MEASURED = 2_000;
const SCANS = 10;
const EXPLODED = 100_000;
const Result = z.object({
  cpuS: z.number(),
  wallS: z.number(),
  rssMb: z.number(),
  rssMbBefore: z.number(),
  queries: z.number(),
  workloads: z.number(),
  series: z.number(),
  stateBytes: z.number(),
  left: z.array(z.string()),
});
type Result = z.infer<typeof Result>;

export const bench: Bench = {
  name: 'scan',
  summary:
    'one scan of 2,000 workloads (6,000 pods) by twelve indicators: CPU and memory, beside 200 and 5,000 workloads',
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
      if (workloads !== size || left.length > 0)
        throw new Error(`${workloads} of ${size} workloads read, ${left.join(', ')} left out`);
    const one = { bench: 'scan', better: 'lower', seed } as const;
    emit({ ...one, figure: 'cpu_s_per_scan', value: round(measured.cpuS), unit: 's', must: 1 });
    emit({ ...one, figure: 'rss_mb', value: round(measured.rssMb), unit: 'MB', must: 300 });
    emit({ ...one, figure: 'wall_s_per_scan', value: round(measured.wallS), unit: 's' });
    emit({ ...one, figure: 'state_bytes_per_series', value: round(measured.stateBytes / measured.series), unit: 'B' });
    emit({ ...one, figure: 'state_kb_per_workload', value: round(measured.stateBytes / 1e3 / MEASURED), unit: 'kB' });
    emit({ ...one, figure: 'rss_mb_before_the_first_scan', value: round(measured.rssMbBefore), unit: 'MB' });
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
    const rssKbPerWorkload = (from: number, to: number) => round(((at(to).rssMb - at(from).rssMb) * 1e3) / (to - from));
    emit({
      ...one,
      figure: 'rss_kb_per_further_workload_to_5000',
      value: rssKbPerWorkload(MEASURED, 5_000),
      unit: 'kB',
      peer: { name: `from 200 to ${MEASURED}`, value: rssKbPerWorkload(200, MEASURED) },
      ratio: round(rssKbPerWorkload(MEASURED, 5_000) / rssKbPerWorkload(200, MEASURED)),
    });
    progress(`${MEASURED} workloads, and ${EXPLODED} series of nobody`);
    const exploded = await measure(MEASURED, seed, EXPLODED);
    if (exploded.workloads !== MEASURED || exploded.series < measured.series || exploded.left.length === 0)
      throw new Error(`an explosion of labels: ${exploded.workloads} workloads read, ${exploded.left.length} left out`);
    progress(`left out: ${exploded.left.join(', ')}`);
    const beside = (figure: keyof Result & ('cpuS' | 'rssMb')) => ({
      peer: { name: 'without them', value: round(measured[figure]) },
      ratio: round(exploded[figure] / measured[figure]),
    });
    const cpu = { value: round(exploded.cpuS), unit: 's', must: 1, ...beside('cpuS') };
    emit({ ...one, figure: `cpu_s_per_scan_with_${EXPLODED}_series_of_nobody`, ...cpu });
    const rss = { value: round(exploded.rssMb), unit: 'MB', ...beside('rssMb') };
    emit({ ...one, figure: `rss_mb_with_${EXPLODED}_series_of_nobody`, ...rss });
  },
};

async function measure(workloads: number, seed: number, exploded = 0): Promise<Result> {
  const server = await serve(workloads, seed, exploded);
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<Result>((resolve, reject) => {
      const child = fork(new URL('./scan/child.ts', import.meta.url), [
        `http://127.0.0.1:${port}`,
        String(workloads),
        String(SCANS),
        ...(exploded > 0 ? [EXPLODED_NAMESPACE] : []),
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

function round(value: number): number {
  return Number(value.toPrecision(4));
}
