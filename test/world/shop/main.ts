import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import type { Database } from './database.ts';
import { createDatabase } from './database.ts';
import { createJournal } from './journal.ts';
import type { ShopLog } from './log.ts';
import { createLog, errorCode, errorFields } from './log.ts';
import type { DatabaseMetrics, ShopMetrics } from './metrics.ts';
import { createDatabaseMetrics, createMetrics } from './metrics.ts';
import { createOutbound } from './outbound.ts';
import { createConnectionOpener, createPool } from './postgres.ts';
import { createRoutes } from './routes.ts';
import { createService } from './service.ts';
import type { Settings } from './settings.ts';
import { readSettings } from './settings.ts';

/** Beyond the drain: a client that never answers must not outlive the pod's grace period of 30 s. */
const stopLimitMs = 10_000;

const clock = () => performance.now();
const sleep = async (ms: number) => {
  await delay(ms);
};

function openDatabase(settings: Settings, metrics: ShopMetrics, log: ShopLog, faults: { current: Settings['faults'] }) {
  const { databaseUrl: url, service, poolMax, connectionTimeoutMs, queryMs } = settings;
  // The others have no database, even where the whole namespace shares one environment.
  if (url === undefined || (service !== 'orders' && service !== 'catalog')) return undefined;
  const pool = createPool({ url, service, poolMax, connectionTimeoutMs, onIdleError: (error) => onIdleError(error) });
  const figures: DatabaseMetrics = createDatabaseMetrics(metrics.registry, pool, service, poolMax);
  function onIdleError(error: Error): void {
    figures.countError(errorCode(error) ?? 'unknown');
    log.warn(errorFields(error), 'idle database connection was lost');
  }
  return createDatabase({
    pool,
    openConnection: createConnectionOpener(url, service, connectionTimeoutMs),
    metrics: figures,
    log,
    faults: () => faults.current,
    connectionTimeoutMs,
    queryMs,
    sleep,
    clock,
  });
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog(settings.service, pino.destination(1), Date.now, settings.release);
  const metrics = createMetrics(settings.service, settings.release);
  const faults = { current: settings.faults };
  const database: Database | undefined = openDatabase(settings, metrics, log, faults);
  const outbound = createOutbound(metrics, settings.callTimeoutMs, clock);
  const { ordersUrl, catalogUrl, paymentsUrl, workMs, drainMs, readyNeedsDatabase, journalFolder, tls } = settings;
  const service = createService({
    routes: createRoutes(settings.service, { database, outbound, ordersUrl, catalogUrl, paymentsUrl }),
    database,
    journal: journalFolder === undefined ? undefined : createJournal(journalFolder, log),
    metrics,
    log,
    faults,
    workMs,
    drainMs,
    readyNeedsDatabase,
    tls,
    crash: (why) => {
      log.error(errorFields(new Error(why)), 'the process ends');
      process.exit(1);
    },
    sleep,
    clock,
    random: Math.random,
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  });

  let isStopping = false;
  async function stop(): Promise<void> {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => {
      log.warn({}, 'stopped before everything was closed');
      process.exit(0);
    }, drainMs + stopLimitMs).unref();
    await service.stop();
    await outbound.stop();
    await database?.stop();
    log.info({}, 'stopped');
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stop().catch((error: unknown) => {
        log.error(errorFields(error), 'stopping failed');
        process.exit(1);
      });
    });
  }

  const port = await service.start(settings.port, settings.address);
  log.info({ 'labels.address': settings.address, 'labels.port': port }, 'listening');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
