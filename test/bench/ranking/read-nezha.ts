import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EdgeSeries, IndicatorSeries, RankedEdge, RankedNode } from '../../../src/diagnosis/ranking/model.ts';
import type { Point } from '../../../src/series/deviation.ts';
import type { RankingCase } from './case.ts';
import { numberOf, readCsv } from './read-csv.ts';

/** Faults last three minutes; the window holds them and the reading after. */
const WINDOW_MS = 4 * 60_000;

/** One folder with a fault_list.json is one day of one system. */
export function readNezha(root: string): RankingCase[] {
  const days = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === 'fault_list.json')
    .map((entry) => entry.parentPath)
    .toSorted();
  return days.flatMap((folder) => readDay(folder));
}

interface Fault {
  readonly inject_time: string;
  readonly inject_pod: string;
  readonly inject_type: string;
}

function readDay(folder: string): RankingCase[] {
  const faults = Object.values(
    JSON.parse(readFileSync(join(folder, 'fault_list.json'), 'utf8')) as Record<string, Fault[]>,
  ).flat();
  const { nodes, edges } = readSystem(folder);
  // The two systems are told apart in the figures only: every service of TrainTicket is called ts-...
  const system = faults.every((fault) => fault.inject_pod.startsWith('ts-')) ? 'tt' : 'ob';
  const day = folder.split('/').at(-1) ?? '';
  return faults.map((fault) => {
    const from = Date.parse(`${fault.inject_time.replace(' ', 'T')}Z`);
    const isResource = /^(cpu|network|memory|disk)/.test(fault.inject_type);
    return {
      name: `${day}/${fault.inject_time}/${fault.inject_pod}`,
      group: `${system}_${isResource ? 'resource' : 'code'}`,
      truth: serviceOf(fault.inject_pod),
      input: { nodes, edges, symptom: null, window: { from, to: from + WINDOW_MS } },
    };
  });
}

/** A pod's name without the hashes of its ReplicaSet and its own. */
function serviceOf(pod: string): string {
  return pod.split('-').slice(0, -2).join('-');
}

function readSystem(folder: string): { nodes: RankedNode[]; edges: RankedEdge[] } {
  const metrics = join(folder, 'metric');
  const byService = new Map<string, IndicatorSeries[]>();
  for (const file of readdirSync(metrics)) {
    const pod = /^(.*)_metric\.csv(\.gz)?$/.exec(file)?.[1];
    if (pod === undefined) continue;
    const service = serviceOf(pod);
    byService.set(service, [...(byService.get(service) ?? []), ...podSeries(join(metrics, file))]);
  }
  const edges = [...meshEdges(metrics), ...traceEdges(folder)];
  return { nodes: [...byService].map(([id, series]) => ({ id, series })), edges };
}

const COLUMNS: Readonly<Record<string, IndicatorSeries['indicator']>> = {
  'CpuUsage(m)': 'cpu',
  'MemoryUsage(Mi)': 'memory',
  SyscallRead: 'other',
  SyscallWrite: 'other',
  NetworkReceiveBytes: 'network',
  NetworkTransmitBytes: 'network',
  'PodServerLatencyP90(s)': 'latency',
  'PodServerLatencyP95(s)': 'latency',
  'PodServerLatencyP99(s)': 'latency',
  'PodWorkload(Ops)': 'traffic',
};

function podSeries(path: string): IndicatorSeries[] {
  const [header = [], ...rows] = readCsv(path);
  const times = rows.map((row) => timeOf(row[header.indexOf('Time')] ?? ''));
  return header.flatMap((name, column) => {
    const indicator = COLUMNS[name];
    if (indicator === undefined) return [];
    return [{ indicator, label: name, points: pointsOf(times, rows, column) }];
  });
}

/** `2022-08-22 03:51:19.978797393 +0000 UTC m=+0.484751374`. */
function timeOf(text: string): number {
  return Date.parse(`${text.slice(0, 10)}T${text.slice(11, 23)}Z`);
}

function pointsOf(times: readonly number[], rows: readonly string[][], column: number): Point[] {
  return rows
    .map((row, index) => ({ at: times[index] ?? Number.NaN, value: numberOf(row[column]) }))
    .toSorted((a, b) => a.at - b.at);
}

/** Columns are `caller_callee`; source is what the caller's proxy saw, destination the callee's. */
function meshEdges(metrics: string): RankedEdge[] {
  const edges = new Map<string, EdgeSeries[]>();
  for (const [name, indicator] of [
    ['source_50', 'client-latency'],
    ['destination_50', 'server-latency'],
  ] as const) {
    const path = [join(metrics, `${name}.csv.gz`), join(metrics, `${name}.csv`)].find((one) => existsSync(one));
    if (path === undefined) continue;
    const [header = [], ...rows] = readCsv(path);
    const times = rows.map((row) => timeOf(row[0] ?? ''));
    for (const [column, edge] of header.entries()) {
      if (!edge.includes('_')) continue;
      const series = {
        indicator,
        label: `p50 of ${edge} by its ${name.split('_')[0]}`,
        points: pointsOf(times, rows, column),
      };
      edges.set(edge, [...(edges.get(edge) ?? []), series]);
    }
  }
  const path = join(metrics, 'dependency.csv.gz');
  if (existsSync(path))
    for (const [caller = '', callee = ''] of readCsv(path).slice(1))
      if (!edges.has(`${caller}_${callee}`)) edges.set(`${caller}_${callee}`, []);
  return [...edges].map(([edge, series]) => {
    const [caller = '', callee = ''] = edge.split('_');
    return { caller, callee, series };
  });
}

const TRACE_COLUMNS = {
  calls: 'traffic',
  client_p50_ms: 'client-latency',
  server_p50_ms: 'server-latency',
  gap_p50_ms: 'network-latency',
} as const;

function traceEdges(folder: string): RankedEdge[] {
  const path = join(folder, 'derived_trace_edges_by_minute.csv.gz');
  if (!existsSync(path)) return [];
  const [header = [], ...rows] = readCsv(path);
  const at = (row: string[], name: string) => row[header.indexOf(name)] ?? '';
  const byEdge = Map.groupBy(rows, (row) => `${at(row, 'caller')}\n${at(row, 'callee')}`);
  return [...byEdge].map(([key, lines]) => {
    const [caller = '', callee = ''] = key.split('\n');
    // A row is about the minute that begins at its time; the reading is complete when that minute ends.
    const times = lines.map((row) => Date.parse(`${at(row, 'date')}T${at(row, 'minute_utc')}:00Z`) + 60_000);
    const series = Object.entries(TRACE_COLUMNS).map(([name, indicator]) => ({
      indicator,
      label: `${name} of ${caller} to ${callee}`,
      points: pointsOf(times, lines, header.indexOf(name)),
    }));
    return { caller, callee, series };
  });
}
