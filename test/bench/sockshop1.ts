import type { Bench } from './figure.ts';
import { folderOf, rankCases, recallAt, rounded, writeAnswers } from './ranking/case.ts';
import { readSockShop } from './ranking/read-sockshop.ts';

export const bench: Bench = {
  name: 'sockshop1',
  summary: 'root cause among the services of a shop, from metrics alone (Sock Shop 1 data, --data DIR)',
  async run(options) {
    const results = rankCases(readSockShop(folderOf(options, 'sockshop1')), options.progress);
    writeAnswers(options.out, results);
    const at = [1, 2, 3, 4, 5].map((k) => recallAt(k, results));
    const unit = `share of ${results.length} faults`;
    const avg5 = at.reduce((sum, share) => sum + share, 0) / at.length;
    options.emit({
      bench: 'sockshop1',
      figure: 'ac1',
      value: rounded(at[0] ?? Number.NaN),
      unit,
      better: 'higher',
      must: 0.95,
      aim: 1,
    });
    options.emit({
      bench: 'sockshop1',
      figure: 'avg5',
      value: rounded(avg5),
      unit,
      better: 'higher',
      must: 0.985,
      aim: 1,
      peer: { name: 'BARO, published', value: 0.99 },
    });
  },
};
