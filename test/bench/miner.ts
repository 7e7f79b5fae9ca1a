import { createLogMiner } from '../../src/log-patterns/miner.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import type { Bench } from './figure.ts';
import { drain3PerSecond } from './logs/drain3.ts';
import { readLoghub } from './logs/loghub.ts';
import { folderOf } from './ranking/case.ts';

/** The lines of all systems come so many times, the systems one after the other. */
const TIMES = 10;

export const bench: Bench = {
  name: 'miner',
  summary:
    'lines mined per second and core, with redaction and without, beside drain3 (PyPI) on the same lines (--data DIR)',
  async run({ emit, progress, data }) {
    const systems = readLoghub(folderOf(data === undefined ? {} : { data }, 'loghub2k'));
    const all = systems.flatMap((system) => system.raw());
    const lines = Array.from({ length: TIMES }, () => all).flat();
    progress(`${lines.length} lines, ${all.length} of them different`);
    // Once to warm up, so that compiling is not measured.
    perSecond(lines, redacting());
    const unredacted = perSecond(lines, (text) => text);
    const redacted = perSecond(lines, redacting());
    const peer = drain3PerSecond(lines, progress);
    const figure = (name: string, value: number, must: number, aim: number) =>
      emit({
        bench: 'miner',
        figure: name,
        value,
        unit: 'lines per second and core',
        better: 'higher',
        ...(peer === null
          ? {}
          : {
              must: Math.round(must * peer),
              aim: Math.round(aim * peer),
              peer: { name: 'drain3 0.9.11, no masking', value: peer },
              ratio: Math.round((value / peer) * 100) / 100,
            }),
      });
    figure('lines_per_s', redacted, 1.5, 5);
    figure('lines_per_s_unredacted', unredacted, 3, 10);
  },
};

function redacting(): (text: string) => string {
  const redactor = createRedactor();
  return (text) => redactor.text(text);
}

function perSecond(lines: readonly string[], redact: (text: string) => string): number {
  const miner = createLogMiner({ redact });
  const before = process.cpuUsage();
  for (const line of lines) miner.add(line);
  miner.settle();
  const { user, system } = process.cpuUsage(before);
  return Math.round((lines.length * 1e6) / (user + system));
}
