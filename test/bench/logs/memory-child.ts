// Mines made-up lines in a process of its own and prints, as JSON, how many lines were read and what it holds (bytes), now and then.
import { createLogMiner } from '../../../src/log-patterns/miner.ts';
import { createRedactor } from '../../../src/redaction/redactor.ts';
import { createRandom } from '../../../src/simulation/random.ts';

const [count = '0', every = '1', seed = '1'] = process.argv.slice(2);
const random = createRandom(Number(seed));
const redactor = createRedactor();
const miner = createLogMiner({ redact: (text) => redactor.text(text) });
const pick = (below: number) => random.below(below);
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const word = (length: number) => Array.from({ length }, () => LETTERS[pick(26)]).join('');
const USUAL = Array.from({ length: 300 }, () => Array.from({ length: 4 + pick(12) }, () => word(3 + pick(8))));

/** One of twenty lines is made of words that never come again; the others are usual ones with new numbers, users and addresses. */
function nextLine(): string {
  if (random.uniform() < 0.05) return Array.from({ length: 3 + pick(20) }, () => word(2 + pick(9))).join(' ');
  const words = USUAL[pick(USUAL.length)] ?? [];
  return `${words.join(' ')} took ${pick(10_000)} ms for user=${word(3)}${pick(1_000)} at 10.${pick(256)}.${pick(256)}.${pick(256)}`;
}

for (let index = 1; index <= Number(count); index += 1) {
  miner.add(nextLine(), 1_800_000_000_000 + index);
  if (index % Number(every) !== 0) continue;
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  process.stdout.write(
    `${JSON.stringify({ lines: index, rss, heapUsed, heapTotal, external, arrayBuffers, evicted: miner.evicted.lines })}\n`,
  );
}
