import { openSqliteStore, type SqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { createPatternMemory } from '../../src/log-intake/pattern-memory.ts';
import { type LogTail, openLogTail, type TailSettings } from '../../src/log-intake/tail.ts';
import { countedByTemplate, countedInAll } from '../../src/log-intake/testing/counted.ts';
import { createFirstLinePatterns } from '../../src/log-intake/testing/first-line-patterns.ts';
import { NORMALISE_DEFAULTS } from '../../src/log-records/index.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { LogSource } from '../../src/ports/log-source.ts';

export interface TailWorld {
  readonly tail: LogTail;
  readonly store: SqliteStore;
  readonly metered: Map<string, number>;
  /** Counts by message; templates are the messages where those hold no digits. */
  byTemplate(): Promise<Record<string, number>>;
  total(): Promise<number>;
}

/** A tail over a real store; `path` is kept, so that it can be opened again. */
export async function openTailWorld(
  source: LogSource,
  path: string,
  settings: Partial<TailSettings> = {},
  clock: Clock = systemClock,
): Promise<TailWorld> {
  const store = await openSqliteStore({ path, clock });
  const metered = new Map<string, number>();
  const note = (key: string, count: number): void => void metered.set(key, (metered.get(key) ?? 0) + count);
  const tail = await openLogTail({
    source,
    store: store.logs,
    clock,
    patterns: createFirstLinePatterns(),
    redact: (text) => text,
    memory: createPatternMemory(),
    limits: NORMALISE_DEFAULTS,
    meter: {
      documents: (door, outcome, count) => note(`${door} ${outcome}`, count),
      oddity: note,
      overflowed: (count) => note('overflowed', count),
    },
    settings: {
      name: 'world',
      overlapMs: 10_000,
      lateForMs: 60_000,
      lateEveryMs: 1,
      sinceMs: 3_600_000,
      pageSize: 100,
      rememberIds: 100_000,
      ...settings,
    },
  });
  return {
    tail,
    store,
    metered,
    byTemplate: () => countedByTemplate(store.logs),
    total: () => countedInAll(store.logs),
  };
}
