import type { Bench } from './figure.ts';
import { folderOf, type RankedCase, rankCases, recallAt, rounded, writeAnswers } from './ranking/case.ts';
import { readNezha } from './ranking/read-nezha.ts';

/** What must be reached at rank 1; the published ranker that reads the same kinds of data, on all faults of the system. */
const GROUPS = [
  { group: 'ob_resource', must: 0.94, aim: 1, peer: null },
  { group: 'tt_resource', must: 0.75, aim: 1, peer: null },
  { group: 'ob_code', aim: 0.5, peer: null },
  { group: 'tt_code', aim: 0.5, peer: null },
  { group: 'ob', peer: { name: 'MicroRCA, published', 1: 0.16, 3: 0.63, 5: 0.93 } },
  { group: 'tt', peer: { name: 'MicroRCA, published', 1: 0.2, 3: 0.31, 5: 0.44 } },
] as const;

export const bench: Bench = {
  name: 'nezha',
  summary: 'root cause among the services of two shops, from metrics and calls (Nezha data, --data DIR)',
  async run(options) {
    const cases = readNezha(folderOf(options, 'nezha'));
    const results = rankCases(cases, options.progress);
    writeAnswers(options.out, results);
    for (const { group, peer, ...bounds } of GROUPS) {
      const own = results.filter((one) => one.group === group || one.group.startsWith(`${group}_`));
      if (own.length === 0) continue;
      for (const k of [1, 3, 5] as const)
        options.emit({
          bench: 'nezha',
          figure: `${group}_as${k}`,
          value: rounded(recallAt(k, own)),
          unit: `share of ${own.length} faults`,
          better: 'higher',
          ...(k === 1 ? bounds : {}),
          ...(peer === null ? {} : { peer: { name: peer.name, value: peer[k] } }),
        });
    }
    tellMisses(results, options.progress);
  },
};

function tellMisses(results: readonly RankedCase[], progress: (text: string) => void): void {
  for (const { group, name, truth, ranked } of results)
    if (group.endsWith('resource') && ranked[0] !== truth)
      progress(`missed: ${name}, named ${ranked[0] ?? 'none'}, true one at ${ranked.indexOf(truth) + 1}`);
}
