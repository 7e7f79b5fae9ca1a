import { writeFileSync } from 'node:fs';
import { createLogMiner } from '../../src/log-patterns/miner.ts';
import { createRedactor } from '../../src/redaction/redactor.ts';
import type { Bench } from './figure.ts';
import { type Grouping, gradeGrouping } from './logs/grouping.ts';
import { type LoghubSystem, readLoghub } from './logs/loghub.ts';
import { folderOf, rounded } from './ranking/case.ts';

/** Published with one configuration and no regular expressions, mean of the eight systems of the development part. */
const PUBLISHED = { ga: 0.897, fga: 0.794 } as const;
const WANTED = { ga: { must: 0.86, aim: 0.95 }, fga: { must: 0.76, aim: 0.92 } } as const;

export const bench: Bench = {
  name: 'loghub2k',
  summary:
    'log patterns against templates made by people (loghub data, --data DIR; --out writes the group of every line)',
  async run({ emit, progress, data, out }) {
    const systems = readLoghub(folderOf(data === undefined ? {} : { data }, 'loghub2k'));
    const mined = systems.map((system) => ({ system, ...mine(system) }));
    if (out !== undefined)
      writeFileSync(
        out,
        mined
          .flatMap(({ system, ids }) =>
            system.lines.map(({ id }, index) =>
              JSON.stringify({ system: system.system, line: id, cluster: ids.settled[index] }),
            ),
          )
          .map((line) => `${line}\n`)
          .join(''),
      );
    const one = { bench: 'loghub2k', unit: 'share', better: 'higher' } as const;
    for (const { system, grades } of mined) {
      const { ga, fga, groups, events } = grades.settled;
      progress(`${system.system}: ${groups} groups for ${events} events`);
      emit({ ...one, figure: `ga_${system.system}`, value: rounded(ga) });
      emit({ ...one, figure: `fga_${system.system}`, value: rounded(fga) });
    }
    for (const figure of ['ga', 'fga'] as const) {
      const peer = { name: 'Brain, published, one configuration', value: PUBLISHED[figure] };
      const meanOf = (grade: 'settled' | 'atOnce') =>
        rounded(mined.reduce((sum, { grades }) => sum + grades[grade][figure], 0) / mined.length);
      emit({ ...one, figure, value: meanOf('settled'), ...WANTED[figure], peer });
      // The id that a line gets the moment it is read, before anything is joined.
      emit({ ...one, figure: `${figure}_at_once`, value: meanOf('atOnce') });
    }
  },
};

type Both<T> = Readonly<Record<'settled' | 'atOnce', T>>;

function mine({ lines }: LoghubSystem): { ids: Both<readonly string[]>; grades: Both<Grouping> } {
  const redactor = createRedactor();
  const miner = createLogMiner({ redact: (text) => redactor.text(text) });
  const atOnce = lines.map(({ content }) => miner.add(content).id);
  miner.settle();
  const settled = atOnce.map((id) => miner.currentId(id));
  const truth = lines.map(({ event }) => event);
  return {
    ids: { atOnce, settled },
    grades: { atOnce: gradeGrouping(truth, atOnce), settled: gradeGrouping(truth, settled) },
  };
}
