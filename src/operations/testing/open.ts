import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeCluster, fakeCluster, fakeWorkload } from '../../../test/fakes/cluster.ts';
import { openSqliteStore } from '../../adapters/sqlite/index.ts';
import type { Incident } from '../../domain/incident.ts';
import { matchPolicies } from '../../policies/index.ts';
import type { Store } from '../../ports/store.ts';
import { createManualClock, type ManualClock } from '../../simulation/clock.ts';
import type { FreezeReading, OperationsDeps } from '../deps.ts';
import { createOperations, type Operations } from '../index.ts';
import { policyOf, START, SUBJECT } from './records.ts';

export interface OperationsBench {
  readonly operations: Operations;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly cluster: FakeCluster;
  /** Ids of the incidents that were woken. */
  readonly woken: string[];
  /** What the ConfigMap says; the store's own freeze is added. */
  readonly setConfigMap: (reading: FreezeReading) => void;
  readonly save: (...incidents: readonly Incident[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The operations over a real store on a temporary file. */
export async function openOperations(change: Partial<OperationsDeps> = {}): Promise<OperationsBench> {
  const folder = mkdtempSync(join(tmpdir(), 'hale-operations-'));
  const clock = createManualClock({ startMs: START });
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
  const cluster = fakeCluster(() => clock.now());
  cluster.addWorkload(fakeWorkload({ subject: SUBJECT }));
  const woken: string[] = [];
  let ids = 0;
  let configMap: FreezeReading = { known: true, frozen: false, by: '', reason: '' };
  const operations = createOperations({
    clock,
    store,
    cluster: cluster.reader,
    newId: () => `new-${(ids += 1)}`,
    hint: ({ id }) => void woken.push(id),
    redactText: (text) => text.replaceAll('hunter2', '<redacted>'),
    policies: [policyOf()],
    matchPolicies,
    modeCeiling: () => ({ mode: 'auto', source: 'autonomy.default' }),
    namespaces: ['shop', 'payments'],
    gateSummaries: { approval: 'A named person has not said yes to exactly this plan.' },
    readFreeze: async () => {
      const stored = await store.freeze();
      return stored?.frozen === true ? { known: true, frozen: true, by: stored.by, reason: stored.reason } : configMap;
    },
    callGraph: async () => ({ at: START, nodes: [], edges: [], notices: [] }),
    runSkill: async (skill) => ({ skill, output: {}, lines: [] }),
    model: null,
    lastScan: () => ({ at: START, workloads: 3, series: 33, stateBytes: 90_000, left: [] }),
    freezeConfigMap: 'hale/hale-freeze',
    version: '0.1.0',
    startedAt: START,
    ...change,
  });
  return {
    operations,
    store,
    clock,
    cluster,
    woken,
    setConfigMap: (reading) => (configMap = reading),
    async save(...incidents) {
      for (const record of incidents) await store.commit({ save: [{ record, expectedVersion: 0 }] });
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
