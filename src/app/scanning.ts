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

/** What was usual is read from so many moments of the past before the first scan, but for no longer than this. */
const PAST_SCANS = 40;
const PAST_WITHIN_MS = 60_000;
const FIRST_DELAY_MS = 2_000;

interface ScanStanding {
  readonly at: number;
  readonly workloads: number;
  readonly series: number;
  readonly stateBytes: number;
  readonly left: string[];
}

/** Scans as often as the metrics are scraped, one scan at a time, and hands what changed to intake; returns how to stop. */
export function startScanning(options: {
  readonly scan: Scan;
  readonly intake: ScanIntake;
  readonly store: Pick<Store, 'incidents' | 'inbox'>;
  readonly cluster: Pick<ClusterReader, 'cacheState'>;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** For those who ask how it stands. */
  readonly onReport: (report: ScanStanding) => void;
}): () => Promise<void> {
  const { scan, intake, clock, metrics, log } = options;
  const giveUp = new AbortController();
  let cancel: () => void = () => undefined;
  let work: Promise<void> = Promise.resolve();
  let begun = false;
  let waiting: readonly ScanChange[] = [];
  let leftBefore = '';
  let intervalMs = FIRST_DELAY_MS;

  function schedule(delayMs: number): void {
    if (giveUp.signal.aborted) return;
    cancel = clock.setTimer(delayMs, () => {
      const startedAt = clock.now();
      work = once()
        .catch((error: unknown) => {
          metrics.count('hale_scans_total', { outcome: 'failed' });
          if (!giveUp.signal.aborted) log.warn({ err: error }, 'scan failed');
        })
        .finally(() => {
          const tookMs = clock.now() - startedAt;
          // A scan that takes long makes room for others: it is never under way for more than half of the time.
          schedule(Math.max(1, tookMs, intervalMs - tookMs));
        });
    });
  }

  async function once(): Promise<void> {
    if (options.cluster.cacheState().state === 'starting') return;
    if (!begun) await begin();
    const report = await scan.run(clock.now(), limited());
    intervalMs = report.nextInMs;
    tell(report);
    const { workloads, series, stateBytes } = report;
    options.onReport({ at: clock.now(), workloads, series, stateBytes, left: leftOf(report) });
    await handOver(report.changes);
  }

  function limited(): AbortSignal {
    return AbortSignal.any([giveUp.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  }

  /** A process that has just started knows what was usual before it, and what was raised and still goes on. */
  async function begin(): Promise<void> {
    scan.resume(await openOnes(options.store));
    begun = true;
    const now = clock.now();
    const open = new Map<string, ScanChange>();
    let { nextInMs } = await scan.run(now - PAST_SCANS * intervalMs, limited(), 'past');
    for (let back = PAST_SCANS - 1; back > 0 && clock.now() - now < PAST_WITHIN_MS; back -= 1) {
      const report = await scan.run(now - back * nextInMs, limited(), 'past');
      nextInMs = report.nextInMs;
      for (const change of report.changes) {
        if (change.status === 'firing') open.set(change.occurrence, change);
        else if (!open.delete(change.occurrence)) waiting = [...waiting, change];
      }
    }
    waiting = [...waiting, ...open.values()];
  }

  async function handOver(changes: readonly ScanChange[]): Promise<void> {
    waiting = [...waiting, ...changes].slice(-MAX_WAITING);
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
    const left = leftOf(report).join('; ');
    if (left !== leftBefore && left !== '') log.warn({ left }, 'the scan leaves something out');
    leftBefore = left;
  }

  schedule(FIRST_DELAY_MS);
  return async () => {
    giveUp.abort();
    cancel();
    await work;
  };
}

function leftOf({ left }: ScanReport): string[] {
  return left.map(({ what, why }) => `${what}: ${why}`);
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
