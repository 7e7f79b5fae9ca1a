import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from './daemon.ts';
import type { Bench } from './figure.ts';

const WORKLOADS = 1_000;
const RUNS = 3;
const SETTLE_MS = 15_000;

export const bench: Bench = {
  name: 'idle',
  summary: 'resident memory and start to ready of the compiled daemon with 1,000 workloads (3,000 pods) watched',
  async run({ emit, progress, seed }) {
    const entry = 'dist/src/main.js';
    if (!existsSync(entry)) throw new Error('run `npm run build` first: the figure is that of the compiled daemon');
    const starts: number[] = [];
    const memory: number[] = [];
    let cpu = 0;
    for (let run = 0; run < RUNS; run += 1) {
      progress(`run ${run + 1} of ${RUNS}: start, then ${SETTLE_MS / 1000} s idle`);
      const daemon = await startDaemon(entry, WORKLOADS, seed);
      starts.push(daemon.startToReadyMs / 1000);
      const before = daemon.cpuS();
      await sleep(SETTLE_MS);
      cpu = (daemon.cpuS() - before) / (SETTLE_MS / 1000);
      memory.push(daemon.rssMb());
      await daemon.stop();
    }
    emit({
      bench: 'idle',
      figure: 'rss_mb',
      value: round(median(memory)),
      unit: 'MB',
      better: 'lower',
      must: 200,
      aim: 150,
      seed,
    });
    emit({
      bench: 'idle',
      figure: 'start_to_ready_s',
      value: round(median(starts)),
      unit: 's',
      better: 'lower',
      must: 3,
      aim: 1.5,
      seed,
    });
    emit({ bench: 'idle', figure: 'cpu_share', value: round(cpu), unit: 'cores', better: 'lower', seed });
  },
};

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
