import type { Signal } from '../domain/signal.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Store } from '../ports/store.ts';
import type { Redactor } from '../redaction/redactor.ts';
import { resolveSubject, SUBJECT_LABELS, titleOf } from './resolve-subject.ts';
import type { WebhookAlert } from './webhook-body.ts';

/** An alert as it will be stored, before it is known which incident it belongs to. */
export interface Observation {
  readonly signal: Omit<Signal, 'incidentId'>;
  readonly workload: WorkloadView | null;
  readonly title: string;
  /** `subject:<uid>`, or `signal:<fingerprint>` where no workload could be resolved. */
  readonly key: string;
  readonly fingerprintKey: string;
  /** For a resolve: under what the firing signal of the same occurrence may be stored. */
  readonly firingKeys: readonly string[];
}

const LONGEST_NAME = 200;

/**
 * Redacts an alert and finds out what it is about. The occurrence is exact to the millisecond only: webhooks carry nanoseconds, Alertmanager's
 * own API milliseconds, and both must name the same occurrence. The key against repeats keeps the text exactly as sent.
 */
export function observe(
  alert: WebhookAlert,
  now: number,
  {
    redactor,
    cluster,
    newId,
  }: { readonly redactor: Redactor; readonly cluster: ClusterReader | null; readonly newId: () => string },
): Observation {
  const { fingerprint, status, startsAt, startedAt } = alert;
  const labels = redactor.labels(alert.labels, SUBJECT_LABELS);
  const name = (labels['alertname'] ?? '').slice(0, LONGEST_NAME);
  const workload = cluster === null ? null : resolveSubject(alert.labels, cluster);
  const inMs = new Date(startedAt).toISOString();
  const fingerprintKey = `signal:${fingerprint}`;
  return {
    signal: {
      id: newId(),
      kind: 'alert',
      dedupeKey: `${fingerprint}|${startsAt}|${status}`,
      occurrence: `${fingerprint}|${inMs}`,
      status,
      name,
      labels,
      annotations: redactor.labels(alert.annotations, NOTHING),
      generatorUrl: redactor.text(alert.generatorUrl),
      // A sender whose clock is ahead must not make the condition begin in the future.
      startedAt: Math.min(startedAt, now),
      receivedAt: now,
    },
    workload,
    title: titleOf(name, workload),
    key: workload === null ? fingerprintKey : `subject:${workload.subject.uid}`,
    fingerprintKey,
    firingKeys:
      status === 'firing' ? [] : [...new Set([`${fingerprint}|${startsAt}|firing`, `${fingerprint}|${inMs}|firing`])],
  };
}

const NOTHING: ReadonlySet<string> = new Set();

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

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
