import { createLogMiner, type MinerOptions } from '../log-patterns/miner.ts';
import { readShape } from '../log-patterns/shape.ts';
import { EMPTY_STATE } from '../log-patterns/state.ts';
import type { LogPatterns } from '../ports/log-patterns.ts';
import type { StoredLogPattern } from '../ports/log-store.ts';

/** So many patterns are taken over from the store: fewer than the miner begins to give up any at. */
const MOST_TAKEN_OVER = 3_000;

/** The patterns that the miner finds, one for all doors through which log events come in; `stored` are those of before a restart. */
export function createMinedPatterns(
  options: Pick<MinerOptions, 'redact' | 'seed'>,
  stored: readonly StoredLogPattern[] = [],
): LogPatterns {
  const patterns = stored.slice(0, MOST_TAKEN_OVER).flatMap((pattern) => readShape(pattern) ?? []);
  const miner = createLogMiner({ ...options, state: { ...EMPTY_STATE, timed: true, patterns } });
  return {
    find: (line, atMs) => miner.add(line, atMs).id,
    settle: () => miner.settleSoon(),
    currentId: (id) => miner.currentId(id),
    joins: () => miner.joins(),
    describe: (ids) => new Map(miner.known(ids).map((pattern) => [pattern.id, pattern])),
  };
}
