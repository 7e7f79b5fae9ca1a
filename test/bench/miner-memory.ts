import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Bench } from './figure.ts';

const CHILD = fileURLToPath(new URL('./logs/memory-child.ts', import.meta.url));
const LINES = 5_000_000;
const EVERY = 50_000;
/** Lines after which the process has what it needs. */
const WARM = 1_000_000;
const MB = 1024 * 1024;
const Seen = z.object({ lines: z.number(), rss: z.number(), evicted: z.number() });
type Seen = z.infer<typeof Seen>;

export const bench: Bench = {
  name: 'miner-memory',
  summary: `memory of the miner over ${LINES / 1e6} million lines of which one in twenty is unique`,
  async run({ emit, progress, seed }) {
    // Left alone V8 keeps up to 200 MB for objects that die young, which says nothing of the miner.
    const child = spawn(
      process.execPath,
      ['--max-semi-space-size=16', CHILD, String(LINES), String(EVERY), String(seed)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const seen: Seen[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const one = Seen.parse(JSON.parse(line));
      seen.push(one);
      if (one.lines % 500_000 === 0)
        progress(
          `${one.lines / 1e6} million lines, ${Math.round(one.rss / MB)} MB, ${one.evicted} lines of patterns given up`,
        );
    }
    if (seen.length !== LINES / EVERY) throw new Error(`the miner ended after ${seen.length * EVERY} lines`);
    const warm = seen.filter(({ lines }) => lines >= WARM);
    const one = { bench: 'miner-memory', better: 'lower', seed } as const;
    emit({
      ...one,
      figure: 'rss_mb',
      value: Math.round(Math.max(...seen.map(({ rss }) => rss)) / MB),
      unit: 'MB at most, with young objects in 16 MB',
      must: 300,
      aim: 200,
    });
    emit({
      ...one,
      figure: 'rss_slope',
      value: Math.round(slopeOf(warm) * 100) / 100,
      unit: 'MB per million lines after warm-up',
      must: 5,
      aim: 1,
    });
  },
};

/** Least squares, MB per million lines. */
function slopeOf(seen: readonly Seen[]): number {
  const mean = (of: (one: Seen) => number) => seen.reduce((sum, one) => sum + of(one), 0) / seen.length;
  const [x, y] = [mean(({ lines }) => lines), mean(({ rss }) => rss)];
  const rise = seen.reduce((sum, { lines, rss }) => sum + (lines - x) * (rss - y), 0);
  const run = seen.reduce((sum, { lines }) => sum + (lines - x) ** 2, 0);
  return (rise / run / MB) * 1e6;
}
