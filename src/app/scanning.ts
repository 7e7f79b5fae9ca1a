import { isHaleError } from '../domain/errors.ts';
import type { ScanIntake } from '../intake/scan-intake.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterReader } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import { INDICATOR_IDS, type Raised, type Scan, type ScanChange, type ScanReport } from '../scan/index.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** A scan that has not ended by then is given up. */
const TIMEOUT_MS = 60_000;
/** Most changes that wait for a store that takes nothing. */
const MAX_WAITING = 10_000;
const OPEN_INCIDENTS = 500;
const INBOX_ROWS = 200;

/** Scans at an interval, one scan at a time, and hands what changed to intake; returns how to stop. */
export function startScanning(options: {
  readonly scan: Scan;
  readonly intake: ScanIntake;
  readonly store: Pick<Store, 'incidents' | 'inbox'>;
  readonly cluster: Pick<ClusterReader, 'cacheState'>;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly metrics: Metrics;
  readonly log: Logger;
}): () => Promise<void> {
  const { scan, intake, clock, metrics, log } = options;
  const giveUp = new AbortController();
  let cancel: () => void = () => undefined;
  let work: Promise<void> = Promise.resolve();
  let resumed = false;
  let waiting: readonly ScanChange[] = [];
  let leftBefore = '';

  function schedule(delayMs: number): void {
    if (giveUp.signal.aborted) return;
    cancel = clock.setTimer(delayMs, () => {
      const startedAt = clock.now();
      work = once()
        .catch((error: unknown) => {
          metrics.count('hale_scans_total', { outcome: 'failed' });
          if (!giveUp.signal.aborted) log.warn({ err: error }, 'scan failed');
        })
        .finally(() => schedule(Math.max(1, options.intervalMs - (clock.now() - startedAt))));
    });
  }

  async function once(): Promise<void> {
    if (options.cluster.cacheState().state === 'starting') return;
    if (!resumed) {
      scan.resume(await openOnes(options.store));
      resumed = true;
    }
    const signal = AbortSignal.any([giveUp.signal, AbortSignal.timeout(TIMEOUT_MS)]);
    const report = await scan.run(clock.now(), signal);
    waiting = [...waiting, ...report.changes].slice(-MAX_WAITING);
    tell(report);
    if (waiting.length === 0) return;
    try {
      const { opened } = await intake.receive(waiting);
      if (opened > 0) metrics.count('hale_incidents_opened_total', {}, opened);
      waiting = [];
    } catch (error) {
      // Kept for the next scan: the store may take it then.
      if (!isHaleError(error)) throw error;
      log.warn({ err: error, waiting: waiting.length }, 'what the scan noticed is not stored yet');
    }
  }

  function tell(report: ScanReport): void {
    metrics.count('hale_scans_total', { outcome: report.left.length === 0 ? 'complete' : 'partial' });
    for (const { status } of report.changes) metrics.count('hale_scan_changes_total', { status });
    for (const { why } of report.left) metrics.count('hale_scan_left_out_total', { why });
    const left = report.left.map(({ what, why }) => `${what}: ${why}`).join('; ');
    if (left !== leftBefore && left !== '') log.warn({ left }, 'the scan leaves something out');
    leftBefore = left;
  }

  schedule(options.intervalMs);
  return async () => {
    giveUp.abort();
    cancel();
    await work;
  };
}

/** What an earlier process raised and nobody resolved: it is resolved when it is usual again. */
async function openOnes(store: Pick<Store, 'incidents' | 'inbox'>): Promise<readonly Raised[]> {
  const open: Raised[] = [];
  for (const incident of await store.incidents({ openOnly: true, limit: OPEN_INCIDENTS })) {
    if (incident.subject === null) continue;
    const raised = new Map<string, Raised>();
    for (const { signal } of await store.inbox(incident.id, 0, INBOX_ROWS)) {
      if (signal.kind !== 'scan') continue;
      const indicator = INDICATOR_IDS.find((id) => id === signal.labels['indicator']);
      if (signal.status === 'resolved') raised.delete(signal.occurrence);
      else if (indicator !== undefined)
        raised.set(signal.occurrence, {
          uid: incident.subject.uid,
          indicator,
          direction: signal.labels['direction'] === 'low' ? 'low' : 'high',
          occurrence: signal.occurrence,
          since: signal.startedAt,
        });
    }
    open.push(...raised.values());
  }
  return open;
}
