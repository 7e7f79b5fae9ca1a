import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorBurst } from '../../detectors/error-burst/index.ts';
import { logSignature } from '../../detectors/log-signature/index.ts';
import { newErrorPattern } from '../../detectors/new-error-pattern/index.ts';
import { openSqliteStore, type SqliteStore } from '../../src/adapters/sqlite/index.ts';
import { systemClock } from '../../src/adapters/timers/system-clock.ts';
import { createLogBatch } from '../../src/log-intake/log-batch.ts';
import { createMinedPatterns } from '../../src/log-intake/mined-patterns.ts';
import { createPatternMemory } from '../../src/log-intake/pattern-memory.ts';
import { NORMALISE_DEFAULTS } from '../../src/log-records/index.ts';
import type { Detector } from '../../src/plugin/detector.ts';
import { createWorkloadLogs } from '../../src/workload-logs/index.ts';
import { fakeReadContext } from '../fakes/read-context.ts';
import { type DetectorWorld, detectorWorld } from './detector-contract.ts';

const MINUTE_MS = 60_000;
type Document = Readonly<Record<string, unknown>>;

let folder = '';
let store: SqliteStore;
let world: DetectorWorld;
let batchDeps: Parameters<typeof createLogBatch>[0];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hale-signals-'));
  store = await openSqliteStore({ path: join(folder, 'store.db'), clock: systemClock });
  world = detectorWorld(() => undefined);
  await restartHale();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Nothing but the store is left. */
async function restartHale(): Promise<void> {
  const redact = (text: string) => text.replaceAll(/password=\S+/g, 'password=[redacted]');
  const stored = await store.logs.patterns(10_000);
  batchDeps = {
    patterns: createMinedPatterns({ redact }, stored),
    redact,
    memory: createPatternMemory(),
    limits: NORMALISE_DEFAULTS,
  };
}

/** What the service logs in the minutes from so many minutes ago to so many minutes ago, in ECS, as a shipper sends it. */
async function log(fromAgo: number, toAgo: number, perMinute: number, write: (n: number) => Document): Promise<void> {
  for (let ago = fromAgo; ago > toAgo; ago -= 1) {
    const batch = createLogBatch(batchDeps);
    for (let n = 0; n < perMinute; n += 1) {
      const at = world.now - ago * MINUTE_MS + n * 100;
      const common = {
        '@timestamp': new Date(at).toISOString(),
        'kubernetes.namespace': 'shop',
        'kubernetes.pod.name': world.pods[n % world.pods.length],
        'service.version': '2.3.9',
      };
      batch.add({ ...common, ...write(n + ago * 1_000) }, at);
    }
    await store.logs.commit({ source: 'intake', ...batch.contents(), position: null, seen: null, forgetBefore: null });
    batch.stored();
  }
}

const served = (n: number): Document => ({
  message: 'request served',
  'log.level': 'info',
  'http.route': '/orders/:id',
  'url.path': `/orders/${n}`,
  'http.response.status_code': 200,
});
const bug = (n: number): Document => ({
  ...served(n),
  message: 'request failed',
  'log.level': 'error',
  'http.response.status_code': 500,
  'trace.id': `${n}`.padStart(32, 'a'),
  'error.type': 'TypeError',
  'error.message': "Cannot read properties of undefined (reading 'percent')",
  'error.stack_trace': `TypeError: Cannot read properties of undefined (reading 'percent')
    at shareToPay (file:///app/src/vouchers.ts:18:20)
    at runRoute (file:///app/src/service.ts:80:7)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)`,
});

function detect(detector: Detector) {
  const { metrics, cluster, now, incident } = world;
  const logs = createWorkloadLogs({ counts: store.logCounts, cluster: cluster.reader });
  const ctx = fakeReadContext({ metrics, cluster, logs, now: () => now });
  return { ctx, found: detector.detect(incident, {}, ctx) };
}

describe('from log events to signals, through the miner and the store', () => {
  it('names the error of the code: exception, route, own frame, onset; and keeps the lines with their trace', async () => {
    await log(70, 0, 12, served);
    await log(5, 0, 2, bug);

    const { ctx, found } = detect(newErrorPattern);

    const [finding, ...others] = await found;
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ reason: 'application-error', confidence: 0.75, figures: { failedLines: 10 } });
    expect(finding?.summary).toContain(
      `new error "TypeError: Cannot read properties of undefined (reading 'percent')" on /orders/*, in shareToPay (file:///app/src/vouchers.ts:18:20), 10 lines since`,
    );
    const kept = ctx.kept.find(({ id }) => id === finding?.evidence[0]);
    expect(kept).toMatchObject({ kind: 'log-patterns' });
    expect(JSON.stringify(kept?.body)).toMatch(/"traceId":"a{20,}\d+"/);
  });

  it('names the release that alone shows it', async () => {
    await log(70, 0, 8, served);
    await log(6, 0, 4, (n) => ({ ...served(n), 'service.version': '2.4.0' }));
    await log(5, 0, 2, (n) => ({ ...bug(n), 'service.version': '2.4.0' }));

    const [finding] = await detect(newErrorPattern).found;

    expect(finding).toMatchObject({ reason: 'bad-release' });
    expect(finding?.summary).toContain('only in release "2.4.0"');
    expect(finding?.unsettled).toBeDefined();
  });

  it('finds the burst of failures and what is behind it without any metric', async () => {
    await log(70, 0, 36, served);
    await log(7, 0, 12, bug);

    const [finding] = await detect(errorBurst).found;

    expect(finding).toMatchObject({ reason: 'error-burst', figures: { failedShare: 0.25, usualShare: 0 } });
    expect(finding?.summary).toContain('84 lines "TypeError: Cannot read');
  });

  it('reads the numbers of a pool from a line whose template has none', async () => {
    await log(70, 0, 6, served);
    await log(5, 0, 4, (n) => ({
      'log.level': 'error',
      message: `HikariPool-1 - Connection is not available, request timed out after ${30_000 + (n % 7)}ms (total=10, active=10, idle=0, waiting=${n % 20}) password=hunter2`,
    }));

    const { ctx, found } = detect(logSignature);

    const [finding] = await found;
    expect(finding).toMatchObject({ reason: 'connection-pool-waiting', figures: { lines: 20, loggedPoolSize: 10 } });
    expect(JSON.stringify([finding, ctx.kept])).not.toContain('hunter2');
  });

  it('takes no old error for a new one after Hale was started again', async () => {
    const lost = (n: number): Document => ({
      'log.level': 'error',
      message: `cart of customer c${n} lost after ${n % 50} ms`,
    });
    await log(70, 8, 6, served);
    await log(70, 8, 6, lost);
    await restartHale();
    await log(8, 0, 6, served);
    await log(8, 0, 6, lost);

    expect(await detect(newErrorPattern).found).toEqual([]);
  });
});
