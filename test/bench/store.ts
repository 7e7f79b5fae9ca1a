import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteStore } from '../../src/adapters/sqlite/index.ts';
import type { Change, Store } from '../../src/ports/store.ts';
import { createManualClock } from '../../src/simulation/clock.ts';
import { incidentOf, signalOf, T0 } from '../contract/store-records.ts';
import type { Bench, BenchOptions } from './figure.ts';

const SIGNALS_PER_CHANGE = 10;
const CHANGES_PER_INCIDENT = 50;
const CHANGES = 10_000;
/** As many requests as Alertmanager and a few Prometheis would ever keep open. */
const IN_FLIGHT = 100;
const ALONE = 300;
const KEPT_SIGNALS = 20_000;

export const bench: Bench = {
  name: 'store',
  summary: 'signals committed durably to the embedded store, and how long a commit keeps the event loop',
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), 'hale-bench-store-'));
    try {
      const clock = createManualClock({ startMs: T0 });
      const store = await openSqliteStore({ path: join(directory, 'store.db'), clock });
      await measure(store, bareInserts(join(directory, 'bare.db')), options);
      await store.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};

async function measure(store: Store, barePerS: number, { emit, progress, seed }: BenchOptions): Promise<void> {
  progress(`${CHANGES} commits of ${SIGNALS_PER_CHANGE} signals, ${IN_FLIGHT} in flight`);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const tookMs: number[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < CHANGES) {
      const change = changeAt(next++);
      const startedMs = performance.now();
      const result = await store.commit(change);
      tookMs.push(performance.now() - startedMs);
      if (result !== 'committed') throw new Error(`a commit of the bench was not taken: ${result.detail}`);
    }
  };
  const startedMs = performance.now();
  delay.enable();
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  delay.disable();
  const perS = ((CHANGES * SIGNALS_PER_CHANGE) / (performance.now() - startedMs)) * 1_000;
  await assertStored(store);

  emit({
    bench: 'store',
    figure: 'signals_per_s',
    value: Math.round(perS),
    unit: '1/s',
    better: 'higher',
    aim: 20_000,
    peer: {
      name: 'bare SQLite: the same rows without checks, one index, one fsync per 10',
      value: Math.round(barePerS),
    },
    ratio: rounded(perS / barePerS),
    seed,
  });
  const ms = { bench: 'store', unit: 'ms', better: 'lower', seed } as const;
  emit({ ...ms, figure: 'commit_p50_at_full_load', value: quantile(tookMs, 0.5) });
  emit({ ...ms, figure: 'commit_p99_at_full_load', value: quantile(tookMs, 0.99) });
  emit({ ...ms, figure: 'event_loop_delay_p50_at_full_load', value: rounded(delay.percentile(50) / 1e6) });
  emit({ ...ms, figure: 'event_loop_delay_p99_at_full_load', value: rounded(delay.percentile(99) / 1e6) });
  emit({ ...ms, figure: 'event_loop_delay_max_at_full_load', value: rounded(delay.max / 1e6) });

  progress(`${ALONE} commits one after the other`);
  const aloneMs: number[] = [];
  for (let index = 0; index < ALONE; index++) {
    const change = changeAt(CHANGES + index);
    const oneStartedMs = performance.now();
    await store.commit(change);
    aloneMs.push(performance.now() - oneStartedMs);
  }
  emit({ ...ms, figure: 'commit_p50_alone', value: quantile(aloneMs, 0.5) });
  emit({ ...ms, figure: 'commit_p99_alone', value: quantile(aloneMs, 0.99) });

  await measurePruning(store, { emit, progress, seed });
}

async function measurePruning(store: Store, { emit, progress, seed }: BenchOptions): Promise<void> {
  progress(`pruning down to ${KEPT_SIGNALS} signals`);
  const roomy = { maxAgeMs: 1e12, maxRows: 1e9 };
  const caps = { signals: { ...roomy, maxRows: KEPT_SIGNALS }, evidence: roomy, incidents: roomy, audit: roomy };
  // Signals of open incidents stay: they have to end first.
  for (const incident of await store.incidents({ openOnly: true, limit: CHANGES })) {
    const inboxRead = await store.inboxEnd(incident.id);
    const record = { ...incident, inboxRead, phase: 'closed' as const, closedAt: T0 };
    await store.commit({ save: [{ record, expectedVersion: incident.version }] });
  }
  const stepMs: number[] = [];
  for (let removed = 1; removed > 0; ) {
    const startedMs = performance.now();
    removed = (await store.prune(T0, caps, 500)).signals;
    stepMs.push(performance.now() - startedMs);
  }
  emit({
    bench: 'store',
    figure: 'prune_step_of_500_p99',
    value: quantile(stepMs, 0.99),
    unit: 'ms',
    better: 'lower',
    seed,
  });
}

function changeAt(index: number): Change {
  const incident = `incident-${Math.floor(index / CHANGES_PER_INCIDENT)}`;
  const opens = index % CHANGES_PER_INCIDENT === 0;
  return {
    ...(opens ? { save: [{ record: incidentOf(incident), expectedVersion: 0 }] } : {}),
    signals: Array.from({ length: SIGNALS_PER_CHANGE }, (_, at) => {
      return signalOf(`${(index * SIGNALS_PER_CHANGE + at).toString(16).padStart(16, '0')}|${T0}`, incident);
    }),
    wakeAt: T0,
  };
}

async function assertStored(store: Store): Promise<void> {
  const { rows } = await store.size();
  if (rows.signal !== CHANGES * SIGNALS_PER_CHANGE)
    throw new Error(`stored ${rows.signal} signals of ${CHANGES * SIGNALS_PER_CHANGE}`);
}

/** The peer: what SQLite itself does with the same bodies when nothing is checked and each ten rows wait for their own fsync. */
function bareInserts(path: string): number {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE s (k TEXT PRIMARY KEY, body TEXT)');
  const insert = db.prepare('INSERT INTO s VALUES (?, ?)');
  const changes = 1_000;
  const startedMs = performance.now();
  for (let index = 0; index < changes; index++) {
    db.exec('BEGIN IMMEDIATE');
    for (const signal of changeAt(index).signals ?? []) insert.run(signal.dedupeKey, JSON.stringify(signal));
    db.exec('COMMIT');
  }
  const perS = ((changes * SIGNALS_PER_CHANGE) / (performance.now() - startedMs)) * 1_000;
  db.close();
  return perS;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN);
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
