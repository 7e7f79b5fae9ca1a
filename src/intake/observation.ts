import type { Signal } from '../domain/signal.ts';
import type { WrittenSignal } from '../domain/signal-text.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import type { AlertColumns } from './read-alerts.ts';
import { titleOf } from './resolve-subject.ts';

/** A signal as it will be stored, before it is known which incident it belongs to. */
export interface Observation {
  readonly signal: Omit<Signal, 'incidentId'> | Omit<WrittenSignal, 'incidentId'>;
  readonly name: string;
  readonly workload: WorkloadView | null;
  /** `subject:<uid>`, or `signal:<fingerprint>` where no workload could be resolved. */
  readonly key: string;
  readonly fingerprintKey: string;
  /** For a resolve: under what the firing signal of the same occurrence may be stored. */
  readonly firingKeys: readonly string[];
}

const NO_KEYS: readonly string[] = [];

/**
 * Alerts of a body with the keys that they are found by. The occurrence is exact to the millisecond only: webhooks carry nanoseconds,
 * Alertmanager's own API milliseconds, and both must name the same occurrence. The key against repeats keeps the text exactly as sent.
 */
export function observe(
  { fingerprints, statuses, startsAt, startedAt, names, abouts, texts }: AlertColumns,
  now: number,
  workloadOf: (about: string) => WorkloadView | null,
): Observation[] {
  return fingerprints.map((fingerprint, index) => {
    const status = statuses[index] ?? 'firing';
    const started = startedAt[index] ?? now;
    const exactly = `${fingerprint}|${startsAt[index]}`;
    const occurrence = `${fingerprint}|${new Date(started).toISOString()}`;
    const workload = workloadOf(abouts[index] ?? '{}');
    const fingerprintKey = `signal:${fingerprint}`;
    return {
      signal: {
        dedupeKey: `${exactly}|${status}`,
        occurrence,
        status,
        // A sender whose clock is ahead must not make the condition begin in the future.
        startedAt: Math.min(started, now),
        receivedAt: now,
        text: texts[index] ?? '',
      },
      name: names[index] ?? '',
      workload,
      key: workload === null ? fingerprintKey : `subject:${workload.subject.uid}`,
      fingerprintKey,
      firingKeys: status === 'firing' ? NO_KEYS : [...new Set([`${exactly}|firing`, `${occurrence}|firing`])],
    };
  });
}

/** How the incident is called that an observation opens. */
export function incidentTitle({ name, workload }: Observation): string {
  return titleOf(name, workload);
}

/** The one look at the store that a body needs. */
export function lookupOf(observations: readonly Observation[]): Parameters<Store['intakeView']>[0] {
  const incidentKeys = observations.flatMap(({ key, fingerprintKey, signal }) =>
    signal.status === 'firing' ? [key] : [key, fingerprintKey],
  );
  return {
    dedupeKeys: unique(observations.flatMap(({ signal, firingKeys }) => [signal.dedupeKey, ...firingKeys])),
    occurrences: unique(observations.map(({ signal }) => signal.occurrence)),
    incidentKeys: unique(incidentKeys),
  };
}

export function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
