import type { SignalStatus } from '../domain/signal.ts';
import { signalText } from '../domain/signal-text.ts';
import { createRedactor, type Redactor, type RedactorOptions } from '../redaction/redactor.ts';
import { aboutOf, SUBJECT_LABELS } from './subject-labels.ts';
import { type BodyLimits, parseAlertmanagerWebhook, type WebhookAlert } from './webhook-body.ts';

/** Alerts as columns, an entry each: flat, for they cross from one thread to another, where an object each costs several times as much. */
export interface AlertColumns {
  readonly fingerprints: readonly string[];
  readonly statuses: readonly SignalStatus[];
  /** RFC 3339 exactly as sent, with nanoseconds. */
  readonly startsAt: readonly string[];
  /** The same as Unix ms. */
  readonly startedAt: readonly number[];
  readonly names: readonly string[];
  /** What they are about, see `aboutOf`. */
  readonly abouts: readonly string[];
  /** All that is stored of them beside that, redacted, see `signalText`. */
  readonly texts: readonly string[];
  /** The alerts that must always fire stand in no column. */
  readonly watchdog: { readonly firing: number; readonly resolved: number };
}

/** A body with all done that needs neither the cluster nor the store. */
export interface ReadAlerts {
  readonly columns: AlertColumns;
  /** Alerts that the sender left out, and what to ask for them by; null when it left out none. */
  readonly truncated: TruncatedAlerts | null;
}

export interface TruncatedAlerts {
  readonly count: number;
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** How many the body holds, and which. */
  readonly fingerprints: readonly string[];
}

export interface AlertReader {
  /** Errors: body-malformed. */
  read(body: string | Uint8Array): ReadAlerts;
  columnsOf(alerts: readonly WebhookAlert[]): AlertColumns;
}

/** All that bodies are read with, as plain data: may cross to another thread. */
export interface ReadingSettings {
  readonly redaction: RedactorOptions;
  readonly limits: BodyLimits;
  /** The alert that must always fire; null when none is expected. */
  readonly watchdogName: string | null;
}

export function readerOf({ redaction, ...settings }: ReadingSettings, newId: () => string): AlertReader {
  return createAlertReader({ ...settings, redactor: createRedactor(redaction), newId });
}

const LONGEST_NAME = 200;
const NOTHING: ReadonlySet<string> = new Set();

export function createAlertReader({
  redactor,
  limits,
  watchdogName,
  newId,
}: {
  readonly redactor: Redactor;
  readonly limits: BodyLimits;
  readonly watchdogName: string | null;
  readonly newId: () => string;
}): AlertReader {
  function textOf({ annotations, generatorUrl }: WebhookAlert, name: string, labels: Record<string, string>): string {
    return signalText({
      id: newId(),
      kind: 'alert',
      name,
      labels,
      annotations: redactor.labels(annotations, NOTHING),
      generatorUrl: redactor.text(generatorUrl),
    });
  }

  function columnsOf(alerts: readonly WebhookAlert[]): AlertColumns {
    const watchdog = { firing: 0, resolved: 0 };
    const kept = alerts.filter(({ labels, status }) => {
      if (watchdogName === null || labels['alertname'] !== watchdogName) return true;
      watchdog[status] += 1;
      return false;
    });
    const labelled = kept.map(({ labels }) => redactor.labels(labels, SUBJECT_LABELS));
    const names = labelled.map((labels) => (labels['alertname'] ?? '').slice(0, LONGEST_NAME));
    return {
      fingerprints: kept.map(({ fingerprint }) => fingerprint),
      statuses: kept.map(({ status }) => status),
      startsAt: kept.map(({ startsAt }) => startsAt),
      startedAt: kept.map(({ startedAt }) => startedAt),
      names,
      abouts: kept.map(({ labels }) => aboutOf(labels)),
      texts: kept.map((alert, index) => textOf(alert, names[index] ?? '', labelled[index] ?? {})),
      watchdog,
    };
  }

  return {
    columnsOf,
    read(raw) {
      const { alerts, truncatedAlerts: count, receiver, groupLabels } = parseAlertmanagerWebhook(raw, limits);
      const truncated =
        count === 0
          ? null
          : { count, receiver, groupLabels, fingerprints: alerts.map(({ fingerprint }) => fingerprint) };
      return { columns: columnsOf(alerts), truncated };
    },
  };
}
