import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditOf, incidentOf, obligationOf, signalOf, T0 } from '../../../test/contract/store-records.ts';
import type { Store } from '../../ports/store.ts';
import { createManualClock } from '../../simulation/clock.ts';
import { openSqliteStore, type SqliteStoreOptions } from './index.ts';

const WRITER = fileURLToPath(new URL('../../../test/contract/store-writer.ts', import.meta.url));
const MEGABYTE = 1024 * 1024;

let directory: string;
let path: string;
let opened: Store[];
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hale-sqlite-'));
  path = join(directory, 'store.db');
  opened = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const store of opened) await store.close();
  rmSync(directory, { recursive: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<Store> {
  const store = await openSqliteStore({
    path,
    clock: createManualClock({ startMs: T0 }),
    lockTimeoutMs: 0,
    ...options,
  });
  opened.push(store);
  return store;
}

/** Starts the writer in a process of its own; resolves once it has had `count` commits acknowledged. */
async function startWriter(count: number): Promise<{ child: ChildProcess; acknowledged: number[] }> {
  const child = spawn(process.execPath, [WRITER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const acknowledged: number[] = [];
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      acknowledged.push(Number(line));
      if (acknowledged.length === count) resolve();
    });
    child.once('exit', (code) => reject(new Error(`the writer ended with ${code} before it was killed`)));
  });
  return { child, acknowledged };
}

async function kill(child: ChildProcess): Promise<void> {
  // `close` comes after the last output was read, so that no acknowledgement is missed.
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}

describe('one process at a time', () => {
  it('refuses a second opening, names the holder, and lets go when closed', async () => {
    const first = await open();

    const refused = await open().catch((error: unknown) => error);
    await first.close();
    const second = await open();

    expect(refused).toMatchObject({ code: 'store-locked', details: { path, holder: { pid: process.pid } } });
    expect(String(refused)).toContain(`${path}.holder`);
    expect(await second.writable()).toBe(true);
  });

  it('refuses while another process holds it; the kernel frees it with that process, whose acknowledged commits are all there', async () => {
    const { child, acknowledged } = await startWriter(200);

    const refused = await open().catch((error: unknown) => error);
    await kill(child);
    const store = await open();

    expect(refused).toMatchObject({ code: 'store-locked', details: { holder: { pid: child.pid } } });
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    const stored = new Set((await store.inbox('a', 0, 1_000_000)).map(({ signal }) => signal.occurrence));
    expect(acknowledged.filter((number) => !stored.has(`${number}`))).toEqual([]);
    for (const occurrence of stored) expect(await store.holderOf(`key-${occurrence}`)).toBe(occurrence);
    expect(await store.holderOf(`key-${Math.max(...[...stored].map(Number)) + 1}`)).toBeNull();
  });
});

/** Back to before the fourth version. */
function dropLogTables(db: DatabaseSync): void {
  for (const table of ['count', 'sample', 'seen', 'receipt', 'labels', 'pattern', 'source'])
    db.exec(`DROP TABLE log_${table}`);
}

describe('the file', () => {
  it('refuses a store of a newer Hale and leaves it as it is', async () => {
    await (await open()).close();
    const db = new DatabaseSync(path);
    db.exec("INSERT INTO migration (version, name, at) VALUES (99, 'from the future', 0)");
    db.close();

    const refused = await open().catch((error: unknown) => error);

    expect(refused).toMatchObject({ code: 'store-schema-newer', details: { stored: 99, known: 7 } });
    // Not even the lock stays behind.
    expect(await open().catch((error: unknown) => error)).toMatchObject({ code: 'store-schema-newer' });
  });

  it('records each migration once, however often it is opened', async () => {
    await (await open()).close();
    await (await open()).close();

    const db = new DatabaseSync(path);
    const rows = db.prepare('SELECT version, name, at FROM migration').all();
    db.close();

    expect(rows.map((row) => ({ ...row }))).toEqual([
      { version: 1, name: 'first tables', at: T0 },
      { version: 2, name: 'attempts as a column', at: T0 },
      { version: 3, name: 'beginning of signals as a column', at: T0 },
      { version: 4, name: 'counts of log events', at: T0 },
      { version: 5, name: 'counts of log events by owner', at: T0 },
      { version: 6, name: 'signals do not repeat their columns', at: T0 },
      { version: 7, name: 'patterns of log events that were joined, and how they are known again', at: T0 },
    ]);
  });

  it('takes the attempts of a store of the first version along', async () => {
    const store = await open();
    await store.commit({ save: [{ record: incidentOf('a', { attempts: 4, wakeAt: T0 }), expectedVersion: 0 }] });
    await store.close();
    const db = new DatabaseSync(path);
    db.exec(`ALTER TABLE incident DROP COLUMN attempts; ALTER TABLE obligation DROP COLUMN attempts;
             ALTER TABLE signal DROP COLUMN started_at; DELETE FROM migration WHERE version >= 2`);
    dropLogTables(db);
    db.close();

    const incident = await (await open()).incident('a');

    expect(incident).toMatchObject({ attempts: 4, version: 1, wakeAt: T0 });
  });

  it('reads the beginning of a signal of the second version from its record', async () => {
    const store = await open();
    await store.commit({
      save: [{ record: incidentOf('a'), expectedVersion: 0 }],
      signals: [signalOf('1', 'a', { startedAt: T0 - 7 })],
    });
    await store.close();
    const db = new DatabaseSync(path);
    db.prepare('UPDATE signal SET body = ?').run(JSON.stringify(signalOf('1', 'a', { startedAt: T0 - 7 })));
    db.exec('ALTER TABLE signal DROP COLUMN started_at; DELETE FROM migration WHERE version >= 3');
    dropLogTables(db);
    db.close();
    const again = await open();
    await again.commit({ signals: [signalOf('2', 'a', { startedAt: T0 - 3 })] });

    const heads = await again.inboxHeads('a', 0, 10);

    expect(heads.map(({ startedAt }) => startedAt)).toEqual([T0 - 7, T0 - 3]);
    expect((await again.inbox('a', 0, 10)).map(({ signal }) => signal)).toEqual([
      signalOf('1', 'a', { startedAt: T0 - 7 }),
      signalOf('2', 'a', { startedAt: T0 - 3 }),
    ]);
  });

  it.each([
    { what: 'text', make: (file: string) => writeFileSync(file, 'not a database, but long enough '.repeat(64)) },
    { what: 'a folder', make: (file: string) => mkdirSync(file) },
    {
      what: 'the database of another program',
      make: (file: string) => {
        const db = new DatabaseSync(file);
        db.exec('CREATE TABLE theirs (a)');
        db.close();
      },
    },
  ])('refuses $what', async ({ make }) => {
    make(path);

    await expect(open()).rejects.toMatchObject({ code: 'store-unavailable' });
  });

  it.each([
    { what: 'not JSON', body: '{' },
    { what: 'not an object', body: '7' },
    { what: 'not an incident', body: '{"id":"a"}' },
  ])('says record-corrupt for a body that is $what, and still lists the rest by reference', async ({ body }) => {
    const first = await open();
    await first.commit({ save: [{ record: incidentOf('a', { wakeAt: T0 }), expectedVersion: 0 }] });
    await first.close();
    const db = new DatabaseSync(path);
    db.prepare('UPDATE incident SET body = ?').run(body);
    db.close();

    const store = await open();

    await expect(store.incident('a')).rejects.toMatchObject({ code: 'record-corrupt' });
    expect(await store.due(T0, 10)).toHaveLength(1);
  });
});

describe('a full disk', () => {
  /** Commits until the store is full; tells which were acknowledged. */
  async function fill(store: Store): Promise<{ acknowledged: string[]; failure: unknown }> {
    const acknowledged: string[] = [];
    for (let index = 0; ; index++) {
      const text = `${index}`;
      const audit = [auditOf(text, { data: { filling: 'x'.repeat(20_000) } })];
      const save = [{ record: obligationOf(`o${index}`), expectedVersion: 0 }];
      const failure = await store.commit({ audit, save }).then(
        () => null,
        (error: unknown) => error,
      );
      if (failure !== null) return { acknowledged, failure };
      acknowledged.push(text);
    }
  }

  it('stores nothing of what it rejects, says that it cannot be written, still reads, and recovers after pruning', async () => {
    const clock = createManualClock({ startMs: T0 });
    const store = await open({ clock, maxBytes: 4 * MEGABYTE });

    const { acknowledged, failure } = await fill(store);
    const group = await Promise.allSettled(
      ['x', 'y'].map((text) => store.commit({ audit: [auditOf(text, { data: { filling: 'x'.repeat(1e6) } })] })),
    );
    const whileFull = await store.writable();
    clock.advance(1_000);
    const afterProbe = await store.writable();
    const audit = (await store.audit({ limit: 10_000 })).map(({ text }) => text);

    expect(failure).toMatchObject({ code: 'store-unavailable', retryable: true });
    expect(group.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect([whileFull, afterProbe]).toEqual([false, false]);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(audit).toEqual(acknowledged);
    expect(await store.obligations({ openOnly: true, limit: 10_000 })).toHaveLength(acknowledged.length);

    const roomy = { maxAgeMs: 1e12, maxRows: 1e9 };
    const caps = { signals: roomy, evidence: roomy, incidents: roomy, audit: { ...roomy, maxRows: 3 } };
    await store.prune(T0, caps, 10_000);
    clock.advance(1_000);
    expect(await store.writable()).toBe(true);
    expect(await store.commit({ signals: [signalOf('after', null)] })).toBe('committed');
  });

  it.skipIf(!mayMount())('does the same on a volume that is really full', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', directory]);
    try {
      const clock = createManualClock({ startMs: T0 });
      const store = await open({ clock });

      const { acknowledged, failure } = await fill(store);
      clock.advance(1_000);
      const writable = await store.writable();
      const audit = (await store.audit({ limit: 10_000 })).map(({ text }) => text);
      await store.close();
      execFileSync('mount', ['-o', 'remount,size=32m', directory]);
      const again = await open({ clock });
      const kept = (await again.audit({ limit: 10_000 })).map(({ text }) => text);

      expect(failure).toMatchObject({ code: 'store-unavailable' });
      expect(writable).toBe(false);
      expect(audit).toEqual(acknowledged);
      expect(kept).toEqual(acknowledged);
      expect(await again.commit({ audit: [auditOf('after')] })).toBe('committed');
    } finally {
      for (const store of opened) await store.close();
      execFileSync('umount', [directory]);
    }
  });
});

/** As root on Linux, but not in every container; where every part has to be there it has to work. */
function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  if (process.env['HALE_REQUIRE_PARTS'] === '1') return true;
  const tried = mkdtempSync(join(tmpdir(), 'hale-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', tried], { stdio: 'ignore' });
    execFileSync('umount', [tried]);
    return true;
  } catch {
    process.stderr.write('skipped: a volume that is really full: this process may not mount one\n');
    return false;
  } finally {
    rmdirSync(tried);
  }
}

describe('bounded memory', () => {
  it('refuses more waiting changes than it was given room for, stores the others, and takes new ones afterwards', async () => {
    const store = await open({ maxWaitingChanges: 3, maxRowsPerGroup: 2 });

    const results = await Promise.allSettled(
      ['1', '2', '3', '4'].map((text) => store.commit({ audit: [auditOf(text)] })),
    );
    const later = await store.commit({ audit: [auditOf('5')] });

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
    expect(results[3]).toMatchObject({ reason: { code: 'overloaded' } });
    expect(later).toBe('committed');
    expect((await store.audit({ limit: 10 })).map(({ text }) => text)).toEqual(['1', '2', '3', '5']);
  });

  it('gives pruned space back to the volume', async () => {
    const store = await open();
    for (let index = 0; index < 20; index++) {
      await store.commit({ audit: [auditOf(`${index}`, { data: { filling: 'x'.repeat(100_000) } })] });
    }
    await store.close();
    const before = (await (await open()).size()).bytes;

    const roomy = { maxAgeMs: 1e12, maxRows: 1e9 };
    const again = opened.at(-1);
    const caps = { signals: roomy, evidence: roomy, incidents: roomy, audit: { ...roomy, maxRows: 1 } };
    for (let step = 0; step < 20; step++) await again?.prune(T0, caps, 100);
    await again?.close();

    expect((await (await open()).size()).bytes).toBeLessThan(before / 4);
  });

  it('writes what waits before it closes', async () => {
    const store = await open();
    const pending = store.commit({ audit: [auditOf('last')] });

    await store.close();

    expect(await pending).toBe('committed');
    expect(await (await open()).audit({ limit: 10 })).toHaveLength(1);
  });
});
