// The daemon as a process of its own, on a clock that it shares with the test, that can be told to die at a named point of a tick.
import { createApp } from '../../src/app/create-app.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { findProblem } from '../../src/redaction/extra-patterns.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import type { ChildMessage, ChildSettings } from './child-messages.ts';
import { createSharedClock } from './shared-clock.ts';

const settings = JSON.parse(process.argv[2] ?? '') as ChildSettings;
const ended = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
// A test that died leaves nobody behind.
process.once('disconnect', () => process.exit());
let reached = 0;

const app = await createApp({
  config: loadConfig(settings.configFile, process.env, findProblem),
  clock: createSharedClock(settings.clock),
  log: createLogger({ level: process.env['HALE_LOG_LEVEL'] ?? 'silent', redact: (line) => line }),
  steps: {
    reached(step, incidentId) {
      reached += 1;
      tell({ kind: 'step', step, incidentId });
      if (settings.dieAt === step || settings.dieAt === reached) die();
    },
  },
});
tell({ kind: 'listening', url: app.url });
await ended;
const failed = await app.stop(5_000);
process.exitCode = failed.length === 0 ? 0 : 1;
process.disconnect();

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

/** Nothing runs after this line: no `finally`, no exit listener, no flush. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
