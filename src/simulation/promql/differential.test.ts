import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createSampleStore } from '../tsdb/store.ts';
import { evaluateInstant } from './evaluate.ts';
import { formatValue } from './literals.ts';
import { parsePromql } from './parse.ts';

// Opt-in: compares with a real Prometheus, either on PATH or as an archive in the folder HALE_PARTS.
const wanted = process.env['HALE_DIFFERENTIAL'] === '1';

const START_MS = 1_700_000_000_000;
const END_MS = START_MS + 3_600_000;
const QUERIES = [
  'up',
  'requests_total',
  'rate(requests_total[5m])',
  'rate(requests_total[1m])',
  'increase(requests_total[7m] offset 3m)',
  'irate(requests_total[2m])',
  'delta(gauge[10m])',
  'idelta(gauge[10m])',
  'deriv(gauge[10m])',
  'predict_linear(gauge[10m], 300)',
  'resets(requests_total[30m])',
  'changes(gauge[30m])',
  'avg_over_time(gauge[10m])',
  'quantile_over_time(0.9, gauge[10m])',
  'stddev_over_time(gauge[10m])',
  'last_over_time(gauge[10m])',
  'sum by (job) (rate(requests_total[5m]))',
  'sum without (pod) (gauge)',
  'topk(2, gauge)',
  'bottomk by (job) (1, gauge)',
  'quantile by (job) (0.3, gauge)',
  'stddev(gauge)',
  'count_values("v", round(gauge, 50))',
  'histogram_quantile(0.99, sum by (le, job) (rate(lat_bucket[5m])))',
  'histogram_quantile(0.5, rate(lat_bucket[5m]))',
  'gauge / on(job, pod) group_left(zone) info',
  'gauge > 40',
  'gauge > bool 40',
  '40 < gauge',
  'gauge == on(pod) gauge',
  'gauge and on(job) (limit > 15)',
  'gauge unless on(job) limit{job="a"}',
  'limit or gauge',
  'gauge * on(job) group_left limit',
  '-gauge ^ 2 % 7',
  '-2 ^ 2 + vector(1)',
  'absent(gauge{job="nope"})',
  'max_over_time(rate(requests_total[2m])[20m:1m])',
  'avg_over_time(sum(gauge)[10m:30s])',
  'gauge @ 1700001000',
  'rate(requests_total[5m] @ end())',
  'label_replace(gauge, "x", "${1}-y", "pod", "(.).*")',
  'label_join(gauge, "x", "-", "job", "pod")',
  'round(gauge, 0.1)',
  'clamp(gauge, 20, 60)',
  'sort_desc(gauge)',
  'timestamp(gauge)',
  'scalar(limit{job="a"}) + 1',
  'hour() + day_of_week() + month() + year()',
  'sgn(gauge - 40)',
  'sparse',
  'rate(sparse[10m])',
  'min(gauge) / max(gauge)',
  'group by (job) (gauge)',
  'sum(nothing)',
];

function findProgram(name: string, folder: string): string {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((path) => join(path, name));
  const found = onPath.find((path) => existsSync(path));
  const archive = join(process.env['HALE_PARTS'] ?? '', `${name}.xz`);
  if (existsSync(archive)) {
    const target = join(folder, name);
    writeFileSync(target, execFileSync('xz', ['-dc', archive], { maxBuffer: 1 << 30 }));
    chmodSync(target, 0o755);
    return target;
  }
  if (found === undefined) throw new Error(`no ${name}: install it or set HALE_PARTS to a folder with ${name}.xz`);
  return found;
}

it.skipIf(!wanted)('answers as a real Prometheus does', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hale-promql-'));
  const store = createSampleStore({ retentionMs: 86_400_000 });
  const lines = writeSamples(store);
  writeFileSync(join(folder, 'samples.om'), lines);
  writeFileSync(join(folder, 'prometheus.yml'), '{}\n');
  execFileSync(findProgram('promtool', folder), [
    'tsdb',
    'create-blocks-from',
    'openmetrics',
    join(folder, 'samples.om'),
    join(folder, 'data'),
  ]);
  const server = spawn(
    findProgram('prometheus', folder),
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.retention.time=100y',
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  try {
    const url = await new Promise<string>((resolve) => {
      let address = '';
      createInterface({ input: server.stderr }).on('line', (line) => {
        address = /msg="Listening on" .*address=(127\.0\.0\.1:\d+)/.exec(line)?.[1] ?? address;
        if (line.includes('Server is ready')) resolve(`http://${address}`);
      });
    });
    for (const query of QUERIES) {
      for (const timeMs of [END_MS, START_MS + 1_234_567]) {
        const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}&time=${timeMs / 1_000}`);
        const { data } = (await answer.json()) as { data: { resultType: string; result: unknown } };

        const own = evaluateInstant(parsePromql(query), timeMs, { store });

        const theirs = asTable(data.resultType, data.result);
        const ours =
          own.type === 'vector'
            ? own.elements.map((one) => [keyOf(one.labels), one.value] as const)
            : own.type === 'scalar'
              ? [['', own.value] as const]
              : [];
        expect({ query, keys: ours.map(([key]) => key).sort() }).toEqual({
          query,
          keys: theirs.map(([key]) => key).sort(),
        });
        const byKey = new Map(theirs);
        for (const [key, value] of ours) {
          const expected = byKey.get(key) ?? Number.NaN;
          const close =
            Object.is(value, expected) || Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected));
          expect({ query, key, value: close ? expected : value }).toEqual({ query, key, value: expected });
        }
      }
    }
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => a.localeCompare(b)));
}

function asTable(type: string, result: unknown): (readonly [string, number])[] {
  const numeric = (text: string): number => Number(text.replace('Inf', 'Infinity'));
  if (type === 'scalar') return [['', numeric((result as [number, string])[1])]];
  return (result as { metric: Record<string, string>; value: [number, string] }[]).map(
    ({ metric, value }) => [keyOf(metric), numeric(value[1])] as const,
  );
}

/** The same seeded samples, into our store and as OpenMetrics text. */
function writeSamples(store: ReturnType<typeof createSampleStore>): string {
  const random = createRandom(7);
  const families = new Map<string, string[]>();
  const write = (name: string, labels: Record<string, string>, everyMs: number, next: (at: number) => number): void => {
    const series = store.series({ __name__: name, ...labels });
    const inside = Object.entries(labels)
      .map(([label, value]) => `${label}="${value}"`)
      .join(',');
    const lines = families.get(name) ?? [];
    for (let at = 0; START_MS + at * everyMs <= END_MS; at++) {
      const timeMs = START_MS + at * everyMs;
      const value = next(at);
      series.append(timeMs, value);
      lines.push(`${name}{${inside}} ${formatValue(value)} ${timeMs / 1_000}`);
    }
    families.set(name, lines);
  };
  for (const [job, pod] of [
    ['a', 'p1'],
    ['a', 'p2'],
    ['b', 'p3'],
  ] as const) {
    let total = 0;
    write('up', { job, pod }, 15_000, () => Number(random.uniform() > 0.1));
    write('requests_total', { job, pod }, 15_000, () => {
      total = random.uniform() < 0.02 ? 0 : total + random.below(50);
      return total;
    });
    write('gauge', { job, pod }, 15_000, () => random.uniform() * 100);
    write('info', { job, pod, zone: `z-${pod}` }, 15_000, () => 1);
    const buckets = [0, 0, 0, 0];
    const grow = (index: number): number => {
      buckets[index] = (buckets[index] ?? 0) + (index + 1) * 3 + random.below(2);
      return buckets[index] ?? 0;
    };
    for (const [index, le] of ['0.1', '0.5', '1.0', '+Inf'].entries())
      write('lat_bucket', { job, pod, le }, 15_000, () => grow(index));
  }
  for (const job of ['a', 'b']) write('limit', { job }, 15_000, () => (job === 'a' ? 10 : 20));
  write('sparse', { job: 'a' }, 240_000, (at) => at * 10);
  const text = [...families].map(([name, lines]) => `# TYPE ${name} unknown\n${lines.join('\n')}\n`).join('');
  return `${text}# EOF\n`;
}
