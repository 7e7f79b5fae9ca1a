import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BYTES_PER_SERIES, createSeriesBank } from '../../src/series/index.ts';
import { createRandom } from '../../src/simulation/random.ts';
import type { Bench } from './figure.ts';
import { createQuietSeries } from './series/quiet-series.ts';

const SERIES = 100;
const VALUES = 10_000;
const STEP_S = 60;
/** The peer is slow; it gets the first of the series. */
const PEER_SERIES = 2;
const PEER = fileURLToPath(new URL('./series/river-peer.py', import.meta.url));

export const bench: Bench = {
  name: 'series',
  summary: 'values that are scored per second and core, beside half-space trees of river (PyPI), where python3 has it',
  async run({ emit, progress, seed }) {
    const all = Array.from({ length: SERIES }, (_, index) => valuesOf(index, seed));
    // Once to warm up, so that compiling is not measured.
    scoreAll(all.slice(0, 10));
    const before = process.cpuUsage();
    scoreAll(all);
    const { user, system } = process.cpuUsage(before);
    const perSecond = Math.round((SERIES * VALUES * 1e6) / (user + system));
    const one = { bench: 'series', seed } as const;
    const peer = peerPerSecond(all.slice(0, PEER_SERIES), progress);
    emit({
      ...one,
      figure: 'points_per_s',
      value: perSecond,
      unit: 'values per second and core',
      better: 'higher',
      ...(peer === null
        ? {}
        : { peer: { name: 'river HalfSpaceTrees', value: peer }, ratio: Math.round(perSecond / peer) }),
    });
    emit({
      ...one,
      figure: 'bytes_per_series',
      value: BYTES_PER_SERIES,
      unit: 'B of numbers and tables',
      better: 'lower',
      must: 8_192,
    });
    emit({
      ...one,
      figure: 'kb_per_series',
      value: liveKb(all),
      unit: 'kB, with all objects',
      better: 'lower',
      must: 10,
    });
  },
};

function valuesOf(index: number, seed: number): number[] {
  // Every sixth kind is a counter; rates are scored faster than they are made, so gauges stand for all.
  const series = createQuietSeries(6 * index + 1 + (index % 5), createRandom(seed * 7_919 + index), STEP_S);
  const values: number[] = [];
  for (let t = 0; values.length < VALUES; t += STEP_S) values.push(series.next(t) ?? 0);
  return values;
}

function scoreAll(all: readonly (readonly number[])[]): void {
  const bank = createSeriesBank();
  for (const values of all) {
    const place = bank.open();
    for (const [index, value] of values.entries()) bank.push(place, index * STEP_S * 1000, value);
  }
}

/** What thousands of series in a bank hold after some values, by the growth of the process's heap and buffers. */
function liveKb(all: readonly (readonly number[])[]): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  const bank = createSeriesBank();
  const places = Array.from({ length: 5_000 }, () => bank.open());
  for (const [index, place] of places.entries())
    for (let at = 0; at < 60; at++) bank.push(place, at * STEP_S * 1000, all[index % SERIES]?.[at] ?? 0);
  const kb = (held() - before) / bank.size().series / 1_000;
  return Math.round(kb * 10) / 10;
}

function peerPerSecond(all: readonly (readonly number[])[], progress: (text: string) => void): number | null {
  let [values, seconds] = [0, 0];
  for (const series of all) {
    const { status, stdout } = spawnSync('python3', [PEER], { input: series.join('\n'), encoding: 'utf8' });
    if (status !== 0) {
      progress('no peer: python3 with the package river is not there (pip install river)');
      return null;
    }
    seconds += Number(stdout);
    values += series.length;
  }
  return Math.round(values / seconds);
}
