import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Indicator, IndicatorSeries, RankedNode } from '../../../src/diagnosis/ranking/model.ts';
import type { RankingCase } from './case.ts';
import { numberOf, readCsv } from './read-csv.ts';

const SECONDS = 300;
/** Columns are `<service>_<metric>`; what is not here is "other". */
const INDICATOR_OF: Readonly<Record<string, Indicator>> = {
  cpu: 'cpu',
  mem: 'memory',
  memory: 'memory',
  lod: 'traffic',
  load: 'traffic',
  workload: 'traffic',
  lat: 'latency',
  latency: 'latency',
  err: 'errors',
  error: 'errors',
};

/** `<root>/<service>-<fault>/<run>/{normal,anomalous}.csv.gz`, wherever below the folder of the set. */
export function readSockShop(root: string): RankingCase[] {
  return runFolders(root).map((folder) => {
    const parts = folder.split('/');
    const fault = parts.at(-2) ?? '';
    const normal = readCsv(fileIn(join(root, folder), 'normal'));
    const anomalous = readCsv(fileIn(join(root, folder), 'anomalous'));
    return {
      name: folder,
      group: fault,
      truth: fault.slice(0, fault.lastIndexOf('-')),
      input: {
        nodes: nodesOf(normal, anomalous),
        edges: [],
        symptom: null,
        window: { from: SECONDS * 1000, to: 2 * SECONDS * 1000 },
      },
    };
  });
}

function runFolders(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^anomalous\.csv(\.gz)?$/.test(entry.name))
    .map((entry) => entry.parentPath.slice(root.length).replace(/^\//, ''))
    .toSorted();
}

function fileIn(folder: string, name: string): string {
  const zipped = join(folder, `${name}.csv.gz`);
  return existsSync(zipped) ? zipped : join(folder, `${name}.csv`);
}

/** The last seconds of normal, then the first of anomalous, on one clock of whole seconds: the two were recorded at different times. */
function nodesOf(normal: string[][], anomalous: string[][]): RankedNode[] {
  const [header = []] = anomalous;
  const bySeries = new Map<string, IndicatorSeries[]>();
  const past = normal.slice(1).slice(-SECONDS);
  const now = anomalous.slice(1).slice(0, SECONDS);
  for (const [column, name] of header.entries()) {
    const cut = name.indexOf('_');
    if (cut < 0 || /_lat_(50|99)$/.test(name)) continue;
    const pastColumn = normal[0]?.indexOf(name) ?? -1;
    const metric = name.slice(cut + 1);
    const points = [
      ...past.map((row, index) => ({ at: (SECONDS - past.length + index) * 1000, value: numberOf(row[pastColumn]) })),
      ...now.map((row, index) => ({ at: (SECONDS + index) * 1000, value: numberOf(row[column]) })),
    ];
    const service = name.slice(0, cut);
    const series = bySeries.get(service) ?? [];
    series.push({ indicator: INDICATOR_OF[metric.split('_')[0] ?? ''] ?? 'other', label: metric, points });
    bySeries.set(service, series);
  }
  return [...bySeries].map(([id, series]) => ({ id, series }));
}
