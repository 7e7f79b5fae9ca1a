import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readCsv } from '../ranking/read-csv.ts';

/** One line of a system with the template that people gave it. */
interface LabelledLine {
  readonly id: number;
  readonly content: string;
  readonly event: string;
}

export interface LoghubSystem {
  readonly system: string;
  readonly lines: readonly LabelledLine[];
  /** The lines as they stood in the log, with times and levels. */
  raw(): readonly string[];
}

/** Reads `<folder>/<part>/<System>/<System>_2k.log{_structured.csv,}[.gz]` of every part. */
export function readLoghub(folder: string): LoghubSystem[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /_2k\.log_structured\.csv(\.gz)?$/.test(path))
    .map((path) => {
      const stem = join(folder, path.replace(/_structured\.csv(\.gz)?$/, ''));
      const system = /([^\\/]+)_2k\.log$/.exec(stem)?.[1] ?? path;
      return { system, lines: labelled(join(folder, path)), raw: () => textOf(stem).split('\n').filter(Boolean) };
    })
    .toSorted((a, b) => (a.system < b.system ? -1 : 1));
}

function textOf(path: string): string {
  const found = [path, `${path}.gz`].find(existsSync);
  if (found === undefined) throw new Error(`no file ${path}`);
  const bytes = readFileSync(found);
  return (found.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function labelled(path: string): LabelledLine[] {
  const [head = [], ...rows] = readCsv(path);
  const [id = 0, content = 0, event = 0] = ['LineId', 'Content', 'EventId'].map((name) => head.indexOf(name));
  return rows.map((row) => ({ id: Number(row[id]), content: row[content] ?? '', event: row[event] ?? '' }));
}
