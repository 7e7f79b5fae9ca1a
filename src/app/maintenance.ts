import type { LoadedConfig } from '../config/loaded-config.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { RetentionCaps, Store } from '../ports/store.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** How often retention looks, and how much it removes at once: a bounded step, so that no webhook waits for it. */
const EVERY_MS = 60_000;
const MAX_ROWS = 2_000;
/** Counts of log events come in by the thousand. */
const MAX_LOG_ROWS = 20_000;

/** Removes what is past its age or size, a bounded step at a time; returns how to stop. */
export function startMaintenance(options: {
  readonly store: Pick<Store, 'prune'>;
  readonly logs: Pick<LogStore, 'prune'>;
  readonly clock: Clock;
  readonly retention: LoadedConfig['retention'];
  readonly metrics: Metrics;
  readonly onFailure: (error: unknown) => void;
}): () => Promise<void> {
  const { store, clock, metrics } = options;
  const caps: RetentionCaps = options.retention;
  let cancel: () => void = () => undefined;
  let stopped = false;
  let work: Promise<void> = Promise.resolve();

  function schedule(): void {
    if (stopped) return;
    cancel = clock.setTimer(EVERY_MS, () => {
      work = step().catch(options.onFailure).finally(schedule);
    });
  }

  async function step(): Promise<void> {
    const removed = await store.prune(clock.now(), caps, MAX_ROWS);
    for (const [kind, rows] of Object.entries(removed))
      if (rows > 0) metrics.count('hale_pruned_rows_total', { kind }, rows);
    const counts = await options.logs.prune(clock.now(), options.retention.logs, MAX_LOG_ROWS);
    if (counts > 0) metrics.count('hale_pruned_rows_total', { kind: 'logs' }, counts);
  }

  schedule();
  return async () => {
    stopped = true;
    cancel();
    await work;
  };
}
