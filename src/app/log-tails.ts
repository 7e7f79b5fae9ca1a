import type { LoadedLogTarget } from '../config/loaded-config.ts';
import { isHaleError } from '../domain/errors.ts';
import type { BatchDeps } from '../log-intake/log-batch.ts';
import type { LogMeter } from '../log-intake/log-intake.ts';
import { type LogTail, openLogTail } from '../log-intake/tail.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogSource } from '../ports/log-source.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

export interface LogTailsOptions {
  readonly deps: BatchDeps;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly meter: LogMeter;
  readonly log: Logger;
}

/** A source that fails is asked again after twice the time, up to this. */
const MAX_PAUSE_MS = 60_000;

/** The client of one configured Elasticsearch; its package is large, and loaded only where one is configured. */
export async function elasticsearchOf(target: LoadedLogTarget): Promise<LogSource> {
  const { createElasticsearch } = await import('../adapters/elasticsearch/index.ts');
  const { url, indices, auth, tls, timeoutMs } = target;
  return createElasticsearch({ url, indices, timeoutMs, ...proofOf(auth), ...(tls === null ? {} : { tls }) });
}

function proofOf(auth: LoadedLogTarget['auth']) {
  if (auth === null) return {};
  if (auth.kind === 'apiKey') return { auth: { apiKey: () => auth.apiKey.reveal() } };
  if (auth.kind === 'bearer') return { auth: { bearer: () => auth.token.reveal() } };
  return { auth: { username: auth.username, password: () => auth.password.reveal() } };
}

/** Reads one Elasticsearch as its documents come; returns how to stop, and how far it has read. */
export async function startLogTail(
  target: LoadedLogTarget,
  { deps, store, clock, metrics, meter, log }: LogTailsOptions,
): Promise<Pick<LogTail, 'readUpTo' | 'untimed'> & { stop(): Promise<void> }> {
  const source = await elasticsearchOf(target);
  const tail = await openLogTail({ ...deps, source, store, clock, meter, settings: target });
  let stopped = false;
  let failures = 0;
  let cancel: () => void = () => undefined;
  let work: Promise<void> = Promise.resolve();

  function schedule(): void {
    if (stopped) return;
    const pause = Math.min(target.intervalMs * 2 ** failures, Math.max(MAX_PAUSE_MS, target.intervalMs));
    cancel = clock.setTimer(pause, run);
  }

  async function look(): Promise<void> {
    let outcome = 'complete';
    try {
      const { late } = await tail.pass();
      if (late > 0) {
        metrics.count('hale_log_tail_late_total', { target: target.name }, late);
        log.info({ target: target.name, late }, 'log events came too late to be read');
      }
      failures = 0;
    } catch (error) {
      outcome = isHaleError(error) ? error.code : 'internal-error';
      // A view that is gone is no failure of the server: the next one goes on from where this one was.
      failures = outcome === 'logs-view-expired' ? 1 : Math.min(failures + 1, 10);
      const data = { target: target.name, code: outcome, detail: isHaleError(error) ? error.message : undefined };
      if (outcome === 'internal-error') log.error({ ...data, err: error }, 'reading logs failed');
      else log.info(data, 'logs could not be read to the end');
    }
    metrics.count('hale_log_tail_passes_total', { target: target.name, outcome });
  }

  function run(): void {
    work = look().finally(schedule);
  }

  run();
  return {
    readUpTo: () => tail.readUpTo(),
    untimed: () => tail.untimed(),
    async stop() {
      stopped = true;
      cancel();
      await work;
      await source.close();
    },
  };
}
