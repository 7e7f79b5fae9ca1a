import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type {
  IndicatorSeries,
  RankedEdge,
  RankedNode,
  RankingInput,
  Symptom,
} from '../../../src/diagnosis/ranking/model.ts';
import type { RankingCase } from './case.ts';
import { numberOf, readCsv } from './read-csv.ts';

const STEP_MS = 300_000;

export interface Table {
  readonly times: readonly number[];
  /** By `node\nmetric\nstatistic`. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

export interface PetShopScenario {
  readonly name: string;
  readonly normal: Table | null;
  readonly edges: readonly RankedEdge[];
}

export interface PetShop {
  readonly cases: readonly (RankingCase & { readonly symptom: Symptom })[];
  readonly scenarios: ReadonlyMap<string, PetShopScenario>;
}

/** Issues are wherever a target.json lies; the scenario is the folder of the graph that has the same name. */
export function readPetShop(root: string): PetShop {
  const scenarios = new Map<string, PetShopScenario>();
  for (const graph of filesNamed(root, 'graph.csv')) {
    const folder = dirname(graph);
    const name = folder.split('/').at(-1) ?? '';
    const normal = join(root, folder, 'noissue/metrics.csv.gz');
    scenarios.set(name, {
      name,
      normal: existsSync(normal) ? readTable(normal) : null,
      edges: readGraph(join(root, graph)),
    });
  }
  const cases = filesNamed(root, 'target.json').flatMap((file) => {
    const folder = dirname(file);
    const scenario = folder.split('/').findLast((part) => scenarios.has(part));
    const found = scenario === undefined ? undefined : scenarios.get(scenario);
    return found === undefined ? [] : [issueOf(root, folder, found)];
  });
  return { cases, scenarios };
}

function filesNamed(root: string, name: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replace(/^\//, ''))
    .toSorted();
}

/** Only these three fields: the file also names the fault, which nobody may see. */
interface Target {
  readonly target: { readonly node: string; readonly metric: string; readonly timestamp: number };
  readonly root_cause: { readonly node: string };
}

function issueOf(root: string, folder: string, scenario: PetShopScenario) {
  const { target, root_cause: truth } = JSON.parse(readFileSync(join(root, folder, 'target.json'), 'utf8')) as Target;
  const table = readTable(join(root, folder, 'metrics.csv.gz'));
  const symptom: Symptom = { node: target.node, indicator: target.metric === 'latency' ? 'latency' : 'errors' };
  return {
    name: folder,
    group: scenario.name,
    truth: truth.node,
    symptom,
    input: inputOf(
      scenario,
      symptom,
      scenario.normal ?? { times: [], columns: new Map() },
      table,
      target.timestamp * 1000,
    ),
  };
}

/**
 * The normal days are laid before the issue, whatever their dates. A row stands for the five minutes that begin at its time, so the window
 * begins with the row that the symptom falls into.
 */
export function inputOf(
  scenario: PetShopScenario,
  symptom: Symptom,
  normal: Table,
  issue: Table,
  since: number,
): RankingInput {
  const first = issue.times[0] ?? 0;
  const last = issue.times.at(-1) ?? 0;
  const shift = first - STEP_MS - (normal.times.at(-1) ?? 0);
  const byNode = new Map<string, IndicatorSeries[]>();
  for (const [key, values] of issue.columns) {
    const [node = '', metric = '', statistic = ''] = key.split('\n');
    const indicator = INDICATOR_OF[metric];
    if (indicator === undefined) continue;
    const tell = (value: number) => (metric === 'availability' ? 100 - value : value);
    const past = normal.columns.get(key) ?? [];
    const points = [
      ...past.map((value, index) => ({ at: (normal.times[index] ?? 0) + shift, value: tell(value) })),
      ...values.map((value, index) => ({ at: issue.times[index] ?? 0, value: tell(value) })),
    ];
    const series = byNode.get(node) ?? [];
    series.push({ indicator, label: `${metric} ${statistic}`, points });
    byNode.set(node, series);
  }
  const nodes: RankedNode[] = [...byNode].map(([id, series]) => ({ id, series }));
  return { nodes, edges: scenario.edges, symptom, window: { from: since - STEP_MS + 1, to: last } };
}

const INDICATOR_OF: Readonly<Record<string, IndicatorSeries['indicator']>> = {
  latency: 'latency',
  requests: 'traffic',
  availability: 'errors',
};

export function readTable(path: string): Table {
  const [nodes = [], metrics = [], statistics = [], , ...rows] = readCsv(path);
  const columns = new Map<string, number[]>();
  for (let column = 1; column < nodes.length; column++)
    columns.set(
      `${nodes[column]}\n${metrics[column]}\n${statistics[column]}`,
      rows.map((row) => numberOf(row[column])),
    );
  return { times: rows.map((row) => numberOf(row[0]) * 1000), columns };
}

export function rowsOf(table: Table, from: number, to: number): Table {
  return {
    times: table.times.slice(from, to),
    columns: new Map([...table.columns].map(([key, values]) => [key, values.slice(from, to)])),
  };
}

function readGraph(path: string): RankedEdge[] {
  const [header = [], ...rows] = readCsv(path);
  return rows.flatMap(([caller = '', ...cells]) =>
    cells.flatMap((cell, index) => (numberOf(cell) > 0 ? [{ caller, callee: header[index + 1] ?? '' }] : [])),
  );
}
