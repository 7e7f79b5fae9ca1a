import { HaleError } from '../domain/errors.ts';
import { WATCHDOG_KEY } from '../domain/incident.ts';
import { newIncident } from '../domain/new-incident.ts';
import type { RecordRef } from '../domain/obligation.ts';
import type { Signal, SignalStatus } from '../domain/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { Change, Store } from '../ports/store.ts';
import { incidentOpened } from './incident-opened.ts';

export interface WatchdogOptions {
  readonly store: Pick<Store, 'commit' | 'intakeView' | 'inbox'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly alertname: string;
  readonly expectEveryMs: number;
  readonly graceMs: number;
  readonly onSignal: (ref: RecordRef, wakeAt: number) => void;
  /** The store did not take a signal; it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** Expects an alert that always fires. Missed for too long, the way from Prometheus to Hale is broken: that is an incident. */
export interface Watchdog {
  readonly alertname: string;
  /** The alert arrived. */
  seen(now: number): void;
  /** Begins to count: what was missed while Hale was not running is not known. */
  start(): void;
  /** Waits for what is being stored. */
  stop(): Promise<void>;
}

const RETRY_MS = 10_000;
const INBOX_LIMIT = 1_000;
const MAX_TRIES = 5;

export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { clock, store, alertname, expectEveryMs, graceMs } = options;
  const patienceMs = expectEveryMs + graceMs;
  let lastSeen = clock.now();
  let everSeen = false;
  let running = false;
  // Unknown after a start: an incident of an earlier life may be open.
  let missed: boolean | 'unknown' = 'unknown';
  let cancel: () => void = () => {};
  let work: Promise<void> = Promise.resolve();

  function schedule(delayMs: number): void {
    cancel();
    if (running) cancel = clock.setTimer(delayMs, look);
  }

  /** Compares what is with what is stored; one at a time. */
  function look(): void {
    work = work.then(lookOnce);
  }

  async function lookOnce(): Promise<void> {
    const quietMs = clock.now() - lastSeen;
    const late = quietMs >= patienceMs;
    try {
      if (late && missed !== true) await raise(quietMs);
      else if (!late && missed !== false && everSeen) await settle();
      schedule(late ? expectEveryMs : Math.max(1, patienceMs - quietMs));
    } catch (error) {
      options.onFailure(error);
      schedule(RETRY_MS);
    }
  }

  async function raise(quietMs: number): Promise<void> {
    await tryCommit(async () => {
      const open = await openIncident();
      if (open !== null && (await firingIn(open)).length > 0) return null;
      const now = clock.now();
      const occurrence = `${WATCHDOG_KEY}|${new Date(lastSeen).toISOString()}`;
      if (open !== null)
        return { change: { signals: [signalOf('firing', occurrence, open, now)], wakeAt: now }, incidentId: open };
      const title = `${alertname} has not arrived for ${Math.round(quietMs / 1_000)} s, expected every ${Math.round(expectEveryMs / 1_000)} s`;
      const incident = newIncident({ id: options.newId(), key: WATCHDOG_KEY, title, subject: null, now, wakeAt: now });
      return {
        change: {
          save: [{ record: incident, expectedVersion: 0 }],
          signals: [signalOf('firing', occurrence, incident.id, now)],
          audit: [incidentOpened(incident, alertname)],
          wakeAt: now,
        },
        incidentId: incident.id,
      };
    });
    missed = true;
  }

  /** It is back: what it left firing is resolved, also by an earlier life of this process. */
  async function settle(): Promise<void> {
    await tryCommit(async () => {
      const open = await openIncident();
      const firing = open === null ? [] : await firingIn(open);
      if (open === null || firing.length === 0) return null;
      const now = clock.now();
      return {
        change: { signals: firing.map((occurrence) => signalOf('resolved', occurrence, open, now)), wakeAt: now },
        incidentId: open,
      };
    });
    missed = false;
  }

  /** Occurrences of the incident that no resolve has followed. */
  async function firingIn(incidentId: string): Promise<readonly string[]> {
    const signals = (await store.inbox(incidentId, 0, INBOX_LIMIT)).map((entry) => entry.signal);
    const over = new Set(signals.filter(({ status }) => status === 'resolved').map(({ occurrence }) => occurrence));
    return [...new Set(signals.map(({ occurrence }) => occurrence))].filter((occurrence) => !over.has(occurrence));
  }

  async function openIncident(): Promise<string | null> {
    const view = await store.intakeView({ dedupeKeys: [], occurrences: [], incidentKeys: [WATCHDOG_KEY] });
    return view.openIncidents.get(WATCHDOG_KEY) ?? null;
  }

  async function tryCommit(prepare: () => Promise<{ change: Change; incidentId: string } | null>): Promise<void> {
    for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
      const prepared = await prepare();
      if (prepared === null) return;
      if ((await store.commit(prepared.change)) === 'committed') {
        options.onSignal({ record: 'incident', id: prepared.incidentId }, clock.now());
        return;
      }
    }
    throw new HaleError('overloaded', 'the incident of the watchdog changed while its signal was stored');
  }

  function signalOf(status: SignalStatus, occurrence: string, incidentId: string, now: number): Signal {
    return {
      id: options.newId(),
      kind: 'watchdog-missed',
      dedupeKey: `${occurrence}|${status}`,
      occurrence,
      status,
      name: alertname,
      labels: { alertname },
      annotations: {},
      generatorUrl: '',
      startedAt: Math.min(lastSeen, now),
      receivedAt: now,
      incidentId,
    };
  }

  return {
    alertname,
    seen(now) {
      lastSeen = Math.max(lastSeen, now);
      everSeen = true;
      if (missed !== false && running) look();
    },
    start() {
      running = true;
      lastSeen = clock.now();
      schedule(patienceMs);
    },
    async stop() {
      running = false;
      cancel();
      await work;
    },
  };
}
