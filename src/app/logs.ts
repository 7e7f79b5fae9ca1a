import { randomInt, randomUUID } from 'node:crypto';
import type { LoadedConfig } from '../config/loaded-config.ts';
import { logRoutes } from '../http/log-routes.ts';
import { createLogServer } from '../http/log-server.ts';
import { createAuthenticator } from '../intake/authenticate.ts';
import type { BatchDeps } from '../log-intake/log-batch.ts';
import { openLogIntake } from '../log-intake/log-intake.ts';
import { createMinedPatterns } from '../log-intake/mined-patterns.ts';
import { createPatternMemory, MAX_REMEMBERED_PATTERNS } from '../log-intake/pattern-memory.ts';
import type { LogTail } from '../log-intake/tail.ts';
import { NORMALISE_DEFAULTS } from '../log-records/index.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { startLogTail } from './log-tails.ts';
import { logMeter } from './meters.ts';
import type { Stops } from './stops.ts';

export interface LogsOptions {
  readonly config: LoadedConfig;
  readonly store: LogStore;
  readonly redactor: Redactor;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly stops: Stops;
}

export interface Logs {
  /** Where shippers send to; null when none may. */
  readonly url: string | null;
  /** By target. */
  readonly tails: ReadonlyMap<string, Pick<LogTail, 'readUpTo' | 'untimed'>>;
}

const MAX_CONNECTIONS = 2_000;
const MAX_WAITING_BODIES = 1_024;
const STOP_WITHIN_MS = 3_000;

/** Starts what takes log events in, as far as it is configured; each part registers its stop. */
export async function startLogs(options: LogsOptions): Promise<Logs> {
  const { redactor, store } = options;
  const redact = (text: string): string => redactor.text(text);
  const stored = await store.patterns(MAX_REMEMBERED_PATTERNS);
  // A seed that nobody outside knows: no line can be made to look like another.
  const patterns = createMinedPatterns({ redact, seed: randomInt(2 ** 32) }, stored);
  const deps: BatchDeps = {
    patterns,
    redact,
    memory: createPatternMemory(
      stored.map(({ id }) => id),
      patterns.joins(),
    ),
    limits: NORMALISE_DEFAULTS,
  };
  const url = await startIntake(options, deps);
  const tails = new Map<string, Awaited<ReturnType<typeof startLogTail>>>();
  for (const target of options.config.logs.elasticsearch) {
    const tail = await startLogTail(target, { ...options, deps, meter: logMeter(options.metrics) });
    options.stops.add(`log tail ${target.name}`, () => tail.stop());
    tails.set(target.name, tail);
  }
  return { url, tails };
}

async function startIntake(options: LogsOptions, deps: BatchDeps): Promise<string | null> {
  const { config, store, clock, metrics, log, stops } = options;
  const settings = config.logs.intake;
  if (settings === null) return null;
  const intake = await openLogIntake({
    ...deps,
    store,
    clock,
    meter: logMeter(metrics),
    limits: {
      ...deps.limits,
      maxWaiting: MAX_WAITING_BODIES,
      maxSeenIds: settings.rememberIds,
      seenForMs: settings.rememberForMs,
    },
  });
  const authenticate = createAuthenticator(settings.auth, {
    section: 'logs.intake.auth',
    where: 'the output of the shipper that points at Hale',
  });
  const server = await createLogServer({
    listen: settings.listen,
    limits: { bodyTimeoutMs: settings.bodyTimeoutMs, maxConnections: MAX_CONNECTIONS },
    onAnswer: (route, status) => metrics.count('hale_http_answers_total', { route, status: String(status) }),
    routes: (app) =>
      logRoutes(app, {
        intake,
        authenticate,
        version: settings.version,
        clusterId: randomUUID().replaceAll('-', '').slice(0, 22),
        limits: settings,
        onRefused(code, message, cause) {
          metrics.count('hale_log_requests_refused_total', { code });
          if (code === 'internal-error') log.error({ code, err: cause }, 'log events failed');
          else log.info({ code, detail: message }, 'log events refused');
        },
      }),
  });
  stops.add('log intake', async () => {
    await server.close(STOP_WITHIN_MS);
    await intake.idle();
  });
  log.info({ url: server.url }, 'listening for logs');
  return server.url;
}
