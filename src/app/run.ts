import { systemClock } from '../adapters/timers/system-clock.ts';
import { loadConfig } from '../config/load-config.ts';
import { findProblem } from '../redaction/extra-patterns.ts';
import { createRedactor } from '../redaction/redactor.ts';
import { createLogger } from '../telemetry/log.ts';
import { startTracing } from '../telemetry/tracing.ts';
import { createApp } from './create-app.ts';

/** Each part gets at most this long to stop; a pod has 30 s by default. */
const STOP_EACH_WITHIN_MS = 12_000;

export interface RunEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Resolves with the name of the signal that asks this process to end. */
  readonly ended: Promise<string>;
}

/** `hale run`: the daemon, until it is asked to end. Exit code 1 when a part failed or did not stop cleanly. */
export async function runDaemon(file: string, { env, ended }: RunEnvironment): Promise<number> {
  const config = loadConfig(file, env, findProblem);
  const redactor = createRedactor(config.redaction);
  const log = createLogger({ level: env.HALE_LOG_LEVEL ?? 'info', redact: (text) => redactor.text(text) });
  const stopTracing = await startTracing(env);
  const app = await createApp({ config, clock: systemClock, log });
  const why = await Promise.race([ended, app.failed]);
  // Deaf it must not go on: whoever started it starts it again.
  if (why instanceof Error) log.error({ err: why }, 'the HTTP door failed');
  else log.info({ signal: why }, 'stopping');
  const failed = await app.stop(STOP_EACH_WITHIN_MS);
  await stopTracing?.();
  log.info({ failed }, 'stopped');
  return failed.length === 0 && !(why instanceof Error) ? 0 : 1;
}
