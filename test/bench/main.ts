// `npm run bench -- NAME [--data DIR] [--out FILE] [--seed N]`: one JSON line per figure on standard output, progress on standard error.
import { parseArgs } from 'node:util';
import { bench as alerts } from './alerts.ts';
import type { Bench, Figure } from './figure.ts';
import { bench as idle } from './idle.ts';
import { bench as ingest } from './ingest.ts';
import { bench as loghub2k } from './loghub2k.ts';
import { bench as miner } from './miner.ts';
import { bench as minerMemory } from './miner-memory.ts';
import { bench as nab } from './nab.ts';
import { bench as nezha } from './nezha.ts';
import { bench as petshop } from './petshop.ts';
import { bench as quiet } from './quiet.ts';
import { bench as scan } from './scan.ts';
import { bench as series } from './series.ts';
import { bench as sockshop1 } from './sockshop1.ts';
import { bench as store } from './store.ts';
import { bench as watch } from './watch.ts';

const BENCHES: readonly Bench[] = [
  ingest,
  idle,
  watch,
  store,
  alerts,
  scan,
  nab,
  series,
  quiet,
  nezha,
  petshop,
  sockshop1,
  loghub2k,
  miner,
  minerMemory,
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string' }, out: { type: 'string' }, seed: { type: 'string', default: '1' } },
});
const [name] = positionals;
const chosen = BENCHES.find((bench) => bench.name === name);

if (name === undefined) {
  for (const bench of BENCHES) process.stdout.write(`${bench.name.padEnd(12)} ${bench.summary}\n`);
} else if (chosen === undefined) {
  process.stderr.write(`unknown bench "${name}"; one of: ${BENCHES.map((bench) => bench.name).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const missed: Figure[] = [];
  await chosen.run({
    seed: Number(values.seed),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.out === undefined ? {} : { out: values.out }),
    progress: (text) => process.stderr.write(`${text}\n`),
    emit(figure) {
      process.stdout.write(`${JSON.stringify(figure)}\n`);
      if (figure.must !== undefined && !meets(figure, figure.must)) missed.push(figure);
    },
  });
  for (const figure of missed)
    process.stderr.write(`missed: ${figure.figure} is ${figure.value} ${figure.unit}, must be ${figure.must}\n`);
  process.exitCode = missed.length === 0 ? 0 : 1;
}

function meets({ value, better }: Figure, must: number): boolean {
  return better === 'higher' ? value >= must : value <= must;
}
