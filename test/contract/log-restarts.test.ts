import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { type BatchDeps, createLogBatch } from '../../src/log-intake/log-batch.ts';
import { createMinedPatterns } from '../../src/log-intake/mined-patterns.ts';
import { createPatternMemory } from '../../src/log-intake/pattern-memory.ts';
import { countedByTemplate } from '../../src/log-intake/testing/counted.ts';
import { NORMALISE_DEFAULTS } from '../../src/log-records/index.ts';
import type { LogStore } from '../../src/ports/log-store.ts';

const T0 = Date.parse('2026-11-28T00:00:00Z');
const USERS = ['amy', 'bob', 'cyd', 'dan', 'eve', 'fay', 'gus', 'hal', 'ivy', 'jon'] as const;

/** Kinds of lines that differ in values by their look, and one that differs in a word: what that is shows only after some. */
const KINDS: readonly (readonly [template: string, line: (n: number) => string])[] = [
  ['took <*>', (n) => `took ${n} ms`],
  ['GET <*> failed with <*>', (n) => `GET /orders/${n} failed with 500`],
  ['cache is cold', () => 'cache is cold'],
  ['user <*> has logged in', (n) => `user ${USERS[n % USERS.length]} has logged in`],
];

async function depsOf(store: LogStore): Promise<BatchDeps> {
  const stored = await store.patterns(10_000);
  const redact = (text: string): string => text;
  const patterns = createMinedPatterns({ redact }, stored);
  const memory = createPatternMemory(
    stored.map(({ id }) => id),
    patterns.joins(),
  );
  return { patterns, redact, memory, limits: NORMALISE_DEFAULTS };
}

async function commit(store: LogStore, deps: BatchDeps, lines: readonly string[], source = 'a'): Promise<void> {
  const batch = createLogBatch(deps);
  for (const [index, message] of lines.entries())
    batch.add({ '@timestamp': new Date(T0 + index).toISOString(), message }, T0 + index);
  await store.commit({ source, ...batch.contents(), position: null, seen: null, forgetBefore: null });
  batch.stored();
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hale-log-restarts-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
let stores = 0;
const openStore = () => openSqliteStore({ path: join(folder, `${(stores += 1)}.db`), clock: systemClock });

/** At least ten lines of each kind, so that every value has shown as one. */
const lines = fc
  .array(fc.tuple(fc.nat(KINDS.length - 1), fc.nat(999)), { maxLength: 120 })
  .map((some) => [...KINDS.flatMap((_, kind) => USERS.map((_user, n) => [kind, n] as const)), ...some])
  .chain((all) => fc.shuffledSubarray(all, { minLength: all.length }));

function truthOf(of: readonly (readonly [number, number])[]): Record<string, number> {
  const truth: Record<string, number> = {};
  for (const [kind] of of) {
    const template = KINDS[kind]?.[0] ?? '';
    truth[template] = (truth[template] ?? 0) + 1;
  }
  return truth;
}

const textOf = ([kind, n]: readonly [number, number]): string => KINDS[kind]?.[1](n) ?? '';

describe('patterns over restarts', { timeout: 120_000 }, () => {
  it('whenever Hale ends, no line changes its pattern and none is lost: the counts are those of one life', async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
        async (all, cuts) => {
          const store = await openStore();
          let from = 0;
          for (let life = 0; from < all.length; life += 1) {
            const deps = await depsOf(store.logs);
            const until = Math.min(all.length, from + (cuts[life] ?? all.length));
            for (; from < until; from += 7)
              await commit(store.logs, deps, all.slice(from, Math.min(from + 7, until)).map(textOf));
            from = until;
          }
          // What the last lines showed is told with the next ones.
          const told = await countedByTemplate(store.logs);
          await store.close();

          expect(told).toEqual(truthOf(all));
        },
      ),
      { numRuns: 15 },
    );
  });

  it('replicas that count into one store count the same patterns', async () => {
    await fc.assert(
      fc.asyncProperty(lines, lines, async (one, other) => {
        const store = await openStore();
        const first = await depsOf(store.logs);
        const second = await depsOf(store.logs);
        await commit(store.logs, first, one.map(textOf), 'a');
        await commit(store.logs, second, other.map(textOf), 'b');
        const told = await countedByTemplate(store.logs);
        await store.close();

        expect(told).toEqual(truthOf([...one, ...other]));
      }),
      { numRuns: 10 },
    );
  });

  it('a pattern keeps its first time', async () => {
    const store = await openStore();
    await commit(store.logs, await depsOf(store.logs), ['took 5 ms']);
    const [before] = await store.logs.patterns(10);
    const deps = await depsOf(store.logs);
    await commit(store.logs, deps, ['took 6 ms', 'cache is cold']);
    const after = (await store.logs.patterns(10)).find(({ id }) => id === before?.id);
    await store.close();

    expect(before?.firstSeenAt).toBe(T0);
    expect(after).toEqual(before);
  });
});
