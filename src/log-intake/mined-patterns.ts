import { createLogMiner } from '../log-patterns/miner.ts';
import type { LogPatterns } from '../ports/log-patterns.ts';

/** The patterns that the miner finds, one for all doors through which log events come in. */
export function createMinedPatterns(redact: (text: string) => string): LogPatterns {
  const miner = createLogMiner({ redact });
  return {
    find: (line, atMs) => miner.add(line, atMs).id,
    currentId: (id) => miner.currentId(id),
    describe: (ids) =>
      new Map(
        miner
          .patterns()
          .filter(({ id }) => ids.has(id))
          .map(({ id, template, firstAt }) => [id, { template, firstAt }] as const),
      ),
  };
}
