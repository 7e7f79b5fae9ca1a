import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import type { LabelledWindow } from './nab-score.ts';

/** One file of the corpus. */
export interface CorpusFile {
  /** `<category>/<file>.csv`, as the labels name it. */
  readonly name: string;
  /** Unix ms; the corpus names no zone, so UTC. */
  readonly at: readonly number[];
  readonly values: readonly number[];
  readonly windows: readonly LabelledWindow[];
}

const LABELS = join('labels', 'combined_windows.json');
const Labels = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])));

/** Reads `<folder>/{dev,...}/data/<category>/<file>.csv[.gz]` with the windows of `labels/combined_windows.json` beside `data`. */
export function readCorpus(folder: string): CorpusFile[] {
  const parts = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return parts
    .filter(({ name }) => existsSync(join(folder, name, LABELS)))
    .flatMap(({ name }) => readPart(join(folder, name)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readPart(part: string): CorpusFile[] {
  const labels = Labels.parse(JSON.parse(readFileSync(join(part, LABELS), 'utf8')));
  return readdirSync(join(part, 'data'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.csv(\.gz)?$/.test(path))
    .map((path) => {
      const name = path.replaceAll('\\', '/').replace(/\.gz$/, '');
      const windows = labels[name];
      if (windows === undefined) throw new Error(`no labels for ${name}`);
      const rows = readRows(join(part, 'data', path));
      const at = rows.map(([moment]) => moment);
      return { name, at, values: rows.map(([, value]) => value), windows: windows.map((window) => rowsOf(window, at)) };
    });
}

function readRows(path: string): [number, number][] {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [, ...lines] = text.split(/\r?\n/).filter((line) => line !== '');
  return lines.map((line) => {
    const [moment = '', value = ''] = line.split(',');
    return [momentOf(moment), Number(value)];
  });
}

function momentOf(text: string): number {
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`);
}

function rowsOf([from, to]: readonly [string, string], at: readonly number[]): LabelledWindow {
  const [start, end] = [momentOf(from), momentOf(to)];
  return {
    first: at.findIndex((moment) => moment >= start),
    last: at.findLastIndex((moment) => moment <= end),
  };
}
