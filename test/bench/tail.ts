import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createElasticsearch } from '../../src/adapters/elasticsearch/index.ts';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { createMinedPatterns } from '../../src/log-intake/mined-patterns.ts';
import { createPatternMemory } from '../../src/log-intake/pattern-memory.ts';
import { openLogTail } from '../../src/log-intake/tail.ts';
import { NORMALISE_DEFAULTS } from '../../src/log-records/index.ts';
import type { LogSource } from '../../src/ports/log-source.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import { findElasticsearch, type RealElasticsearch, startRealElasticsearch } from '../contract/real-elasticsearch.ts';
import type { Bench } from './figure.ts';
import { ecsDocuments } from './logs/documents.ts';

const DOCUMENTS = 60_000;
const PER_BODY = 2_000;
const PAGE_SIZE = 2_000;
const ROUNDS = 5;
const INDEX = 'bench';
const PEER = 'the same client reading the same pages alone';

interface Run {
  readonly perS: number;
  readonly cpuUs: number;
}

export const bench: Bench = {
  name: 'tail',
  summary: 'documents per second from a real Elasticsearch to counted patterns, beside the same client reading alone',
  async run({ emit, progress, seed }) {
    const program = await findElasticsearch('bench tail');
    if (program === null) return;
    const server = await startRealElasticsearch(program);
    const folder = mkdtempSync(join(tmpdir(), 'hale-bench-tail-'));
    try {
      await fill(server, seed, progress);
      const source = createElasticsearch({ url: server.url, indices: [INDEX], timeoutMs: 60_000 });
      await readAlone(source);
      const runs = { alone: [] as Run[], counted: [] as Run[] };
      for (let round = 0; round < ROUNDS; round += 1) {
        progress(`round ${round + 1} of ${ROUNDS}`);
        runs.alone.push(await measured(() => readAlone(source)));
        runs.counted.push(await measured(() => readAndCount(source, join(folder, `${round}.db`))));
      }
      await source.close();
      const best = (of: readonly Run[], figure: keyof Run, pick: (...values: number[]) => number): number =>
        pick(...of.map((run) => run[figure]));
      const alone = best(runs.alone, 'perS', Math.max);
      const counted = best(runs.counted, 'perS', Math.max);
      emit({
        bench: 'tail',
        figure: 'documents_per_s',
        value: Math.round(counted),
        unit: 'documents/s',
        better: 'higher',
        must: Math.round(alone * 0.7),
        aim: Math.round(alone * 0.95),
        peer: { name: PEER, value: Math.round(alone) },
        ratio: Math.round((counted / alone) * 100) / 100,
        seed,
      });
      // Of this process: tells a busy machine from a slow tail.
      const cpuAlone = best(runs.alone, 'cpuUs', Math.min);
      const cpuCounted = best(runs.counted, 'cpuUs', Math.min);
      emit({
        bench: 'tail',
        figure: 'cpu_us_per_document',
        value: Math.round(cpuCounted * 10) / 10,
        unit: 'us',
        better: 'lower',
        peer: { name: PEER, value: Math.round(cpuAlone * 10) / 10 },
        ratio: Math.round((cpuCounted / cpuAlone) * 100) / 100,
        seed,
      });
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

async function fill(server: RealElasticsearch, seed: number, progress: (text: string) => void): Promise<void> {
  progress(`${DOCUMENTS} documents into Elasticsearch`);
  for (let at = 0; at < DOCUMENTS; at += PER_BODY) {
    await server.index(INDEX, ecsDocuments(PER_BODY, seed * DOCUMENTS + at, Date.now()));
  }
  await server.request('POST', `/${INDEX}/_forcemerge?max_num_segments=1`);
}

/** One page after the other, the next on its way while this one is looked at, as the tail does. */
async function readAlone(source: LogSource): Promise<number> {
  const view = await source.open();
  let read = 0;
  const request = { time: 'event', from: 0, to: Date.now(), size: PAGE_SIZE } as const;
  let coming: ReturnType<typeof view.page> | null = view.page({ ...request, after: null });
  while (coming !== null) {
    const page: Awaited<ReturnType<typeof view.page>> = await coming;
    coming = page.next === null ? null : view.page({ ...request, after: page.next });
    read += page.documents.length;
  }
  await view.close();
  return read;
}

async function readAndCount(source: LogSource, path: string): Promise<number> {
  const store = await openSqliteStore({ path, clock: systemClock });
  const redactor = createRedactor();
  const redact = (text: string): string => redactor.text(text);
  try {
    const tail = await openLogTail({
      source,
      store: store.logs,
      clock: systemClock,
      patterns: createMinedPatterns({ redact }),
      redact,
      memory: createPatternMemory(),
      limits: NORMALISE_DEFAULTS,
      meter: { documents: () => undefined, oddity: () => undefined, overflowed: () => undefined },
      settings: {
        name: INDEX,
        overlapMs: 30_000,
        lateForMs: 300_000,
        lateEveryMs: 60_000,
        sinceMs: 3_600_000,
        pageSize: PAGE_SIZE,
        rememberIds: 1_000_000,
      },
    });
    const { counted } = await tail.pass();
    return counted;
  } finally {
    await store.close();
  }
}

async function measured(run: () => Promise<number>): Promise<Run> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const read = await run();
  if (read !== DOCUMENTS) throw new Error(`read ${read} documents of ${DOCUMENTS}`);
  const { user, system } = process.cpuUsage(before);
  return { perS: (read * 1_000) / (performance.now() - startedAt), cpuUs: (user + system) / read };
}
