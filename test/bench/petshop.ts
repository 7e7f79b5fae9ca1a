import { namedSuspects, rankSuspects } from '../../src/diagnosis/ranking/rank-suspects.ts';
import type { Bench } from './figure.ts';
import { folderOf, rankCases, recallAt, rounded, writeAnswers } from './ranking/case.ts';
import { inputOf, type PetShop, readPetShop, rowsOf } from './ranking/read-petshop.ts';

/** As many rows as an issue has. */
const WINDOW_ROWS = 5;
/** The row of the window that the symptom is said to fall into, as in the issues. */
const SYMPTOM_ROW = 2;

export const bench: Bench = {
  name: 'petshop',
  summary: 'root cause along a call graph, and silence on normal days (PetShop data, --data DIR)',
  async run(options) {
    const shop = readPetShop(folderOf(options, 'petshop'));
    // Where nothing is named the answer is empty, and a miss.
    const results = rankCases(shop.cases, options.progress).map((one) => (one.named ? one : { ...one, ranked: [] }));
    writeAnswers(options.out, results);
    const judged = results.filter(({ group }) => shop.scenarios.get(group)?.normal);
    const figure = (name: string, value: number, count: number, what: string, bounds: object = {}) =>
      options.emit({
        bench: 'petshop',
        figure: name,
        value: rounded(value),
        unit: `share of ${count} ${what}`,
        better: 'higher',
        ...bounds,
      });
    figure('top1', recallAt(1, judged), judged.length, 'issues', { must: 0.68, aim: 0.85 });
    figure('top3', recallAt(3, judged), judged.length, 'issues', { must: 0.88, aim: 0.97 });
    for (const [group, own] of Map.groupBy(results, (one) => one.group))
      for (const k of [1, 3]) figure(`${group}_top${k}`, recallAt(k, own), own.length, 'issues');
    for (const indicator of ['latency', 'errors'] as const) {
      options.progress(`normal windows, ${indicator}`);
      const silent = silence(shop, indicator);
      const share = silent.filter(Boolean).length / silent.length;
      const bounds =
        indicator === 'latency' ? { must: 0.5, aim: 0.7, peer: { name: 'best published, latency', value: 0.33 } } : {};
      figure(`specificity_${indicator}`, share, silent.length, 'normal windows', bounds);
    }
  },
};

/** Each window of the later half of the normal days, judged from what came before it, as if users felt something there. */
function silence(shop: PetShop, indicator: 'latency' | 'errors'): boolean[] {
  return [...shop.scenarios.values()].flatMap((scenario) => {
    const { normal, name } = scenario;
    if (normal === null) return [];
    const targets = new Set(shop.cases.filter(({ group }) => group === name).map(({ symptom }) => symptom.node));
    const silent: boolean[] = [];
    for (let row = Math.floor(normal.times.length / 2); row + WINDOW_ROWS <= normal.times.length; row += WINDOW_ROWS) {
      const [past, now] = [rowsOf(normal, 0, row), rowsOf(normal, row, row + WINDOW_ROWS)];
      for (const node of targets) {
        const input = inputOf(scenario, { node, indicator }, past, now, now.times[SYMPTOM_ROW] ?? 0);
        silent.push(namedSuspects(rankSuspects(input)).length === 0);
      }
    }
    return silent;
  });
}
