import { HaleError } from '../domain/errors.ts';
import type { RecordRef } from '../domain/obligation.ts';
import type { Signal, SignalStatus } from '../domain/signal.ts';
import type { Clock } from '../ports/clock.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import { decide } from './decide.ts';
import { lookupOf, type Observation } from './observation.ts';

/** What Hale itself noticed on a workload, or what is usual again. */
export interface Noticed {
  readonly status: SignalStatus;
  readonly workload: WorkloadView;
  readonly indicator: string;
  readonly direction: 'high' | 'low';
  readonly occurrence: string;
  readonly since: number;
  readonly summary: string;
}

export interface ScanIntake {
  /** Stores what was noticed, with its incidents, like alerts. Errors: overloaded or store-unavailable; nothing was stored and it may be tried again. */
  receive(noticed: readonly Noticed[]): Promise<{ readonly opened: number }>;
}

const MAX_TRIES = 5;

export function createScanIntake(options: {
  readonly store: Pick<Store, 'commit' | 'intakeView'>;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly settleMs: number;
  readonly onSignal: (ref: RecordRef, wakeAt: number) => void;
}): ScanIntake {
  const { store, clock, newId, settleMs } = options;
  return {
    async receive(noticed) {
      if (noticed.length === 0) return { opened: 0 };
      const now = clock.now();
      const observations = noticed.map((one) => observationOf(one, now, newId));
      const lookup = lookupOf(observations);
      for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
        const decision = decide(observations, await store.intakeView(lookup), { now, settleMs, newId });
        if (decision.signals.length === 0) return { opened: 0 };
        const wakeAt = now + settleMs;
        const result = await store.commit({
          save: decision.opened.map(({ incident }) => ({ record: incident, expectedVersion: 0 })),
          signals: decision.signals,
          wakeAt,
          audit: decision.opened.map(({ audit }) => audit),
        });
        if (result !== 'committed') continue;
        for (const id of decision.touched) options.onSignal({ record: 'incident', id }, wakeAt);
        return { opened: decision.opened.length };
      }
      throw new HaleError('overloaded', 'the same incidents changed while what the scan noticed was stored');
    },
  };
}

function observationOf(noticed: Noticed, now: number, newId: () => string): Observation {
  const { status, workload, indicator, direction, occurrence, since, summary } = noticed;
  const { uid, namespace, kind, name } = workload.subject;
  const called = `${indicator}-${direction}`;
  const signal: Omit<Signal, 'incidentId'> = {
    id: newId(),
    kind: 'scan',
    dedupeKey: `${occurrence}|${status}`,
    occurrence,
    status,
    name: called,
    labels: { namespace, [kind.toLowerCase()]: name, indicator, direction },
    annotations: { summary },
    generatorUrl: '',
    startedAt: Math.min(since, now),
    receivedAt: now,
  };
  return {
    signal,
    name: called,
    workload,
    key: `subject:${uid}`,
    fingerprintKey: `signal:scan-${uid}-${indicator}`,
    firingKeys: status === 'firing' ? [] : [`${occurrence}|firing`],
  };
}
