import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { fakeWorkload } from '../../test/fakes/cluster.ts';
import { openSqliteStore } from '../adapters/sqlite/index.ts';
import { createManualClock } from '../simulation/clock.ts';
import { createScanIntake, type Noticed } from './scan-intake.ts';

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'hale-scan-'));
  const clock = createManualClock({ startMs: 1_800_000_000_000 });
  const store = await openSqliteStore({ path: join(folder, 'store.db'), clock });
  closing.push(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const woken: string[] = [];
  let ids = 0;
  const intake = createScanIntake({
    store,
    clock,
    newId: () => `id-${(ids += 1)}`,
    settleMs: 10_000,
    onSignal: ({ id }) => woken.push(id),
  });
  const noticed = (change: Partial<Noticed> = {}): Noticed => ({
    status: 'firing',
    workload: fakeWorkload(),
    indicator: 'seconds',
    direction: 'high',
    occurrence: 'scan|uid-orders|seconds|1',
    since: clock.now(),
    summary: 'orders is slow',
    ...change,
  });
  return { store, intake, woken, noticed };
}

it('opens one incident of the workload, whatever is noticed on it, and knows what it stored', async () => {
  const { store, intake, woken, noticed } = await setUp();
  const failing = noticed({ indicator: 'failed', occurrence: 'scan|uid-orders|failed|1' });

  expect(await intake.receive([noticed(), failing])).toEqual({ opened: 1 });
  expect(await intake.receive([noticed()])).toEqual({ opened: 0 });

  const [incident] = await store.incidents({ limit: 10 });
  expect(incident).toMatchObject({ key: 'subject:uid-orders', title: 'seconds-high on Deployment shop/orders' });
  const inbox = await store.inbox(incident?.id ?? '', 0, 10);
  expect(inbox.map(({ signal }) => [signal.kind, signal.name])).toEqual([
    ['scan', 'seconds-high'],
    ['scan', 'failed-high'],
  ]);
  expect(new Set(woken)).toEqual(new Set([incident?.id]));
});

it('puts what is usual again to where it was noticed', async () => {
  const { store, intake, noticed } = await setUp();
  await intake.receive([noticed()]);

  await intake.receive([noticed({ status: 'resolved' })]);

  const [incident] = await store.incidents({ limit: 10 });
  const inbox = await store.inbox(incident?.id ?? '', 0, 10);
  expect(inbox.map(({ signal }) => signal.status)).toEqual(['firing', 'resolved']);
  expect(new Set(inbox.map(({ signal }) => signal.occurrence)).size).toBe(1);
});
