import { isRecord, textOf } from '../kubernetes/objects.ts';
import type { Labels } from '../tsdb/labels.ts';
import { makeLabels } from '../tsdb/labels.ts';
import { fingerprint } from './fingerprint.ts';

export interface Alert {
  fingerprint: string;
  labels: Labels;
  annotations: Labels;
  /** As it came in: nanoseconds survive. */
  startsAt: string;
  endsAtMs: number;
  updatedAtMs: number;
  generatorURL: string;
}

export interface AlertBook {
  /** Reads the body of `POST /api/v2/alerts`. Throws an Error that says what is wrong; then nothing is kept. */
  post(body: unknown): Alert[];
  get(print: string): Alert | undefined;
  all(): Alert[];
  isResolved(alert: Alert): boolean;
  remove(alert: Alert): void;
}

function labelsOf(value: unknown, field: string): Labels {
  if (value === undefined) return makeLabels([]);
  if (!isRecord(value)) throw new Error(`${field} must be an object`);
  for (const [name, label] of Object.entries(value)) {
    if (typeof label !== 'string') throw new Error(`${field}.${name} must be a string`);
  }
  return makeLabels(Object.entries(value) as [string, string][]);
}

function timeOf(value: unknown, field: string): number | undefined {
  if (value === undefined || textOf(value).startsWith('0001-01-01')) return undefined;
  const ms = Date.parse(textOf(value));
  if (Number.isNaN(ms)) throw new Error(`${field} must be an RFC 3339 time`);
  return ms;
}

/** All alerts that Alertmanager knows. One without an end is over when it has not been repeated for the resolve time-out. */
export function createAlertBook({ now, resolveTimeoutMs }: { now: () => number; resolveTimeoutMs: number }): AlertBook {
  const alerts = new Map<string, Alert>();

  const read = (given: unknown): Alert => {
    if (!isRecord(given)) throw new Error('an alert must be an object');
    const labels = labelsOf(given['labels'], 'labels');
    if (Object.keys(labels).length === 0) throw new Error('at least one label pair required');
    const nowMs = now();
    const startsAtMs = timeOf(given['startsAt'], 'startsAt');
    const endsAtMs = timeOf(given['endsAt'], 'endsAt');
    if (startsAtMs !== undefined && endsAtMs !== undefined && endsAtMs < startsAtMs)
      throw new Error('start time must be before end time');
    const startsAt =
      startsAtMs === undefined ? new Date(Math.min(nowMs, endsAtMs ?? nowMs)).toISOString() : textOf(given['startsAt']);
    return {
      fingerprint: fingerprint(labels),
      labels,
      annotations: labelsOf(given['annotations'], 'annotations'),
      startsAt,
      endsAtMs: endsAtMs ?? nowMs + resolveTimeoutMs,
      updatedAtMs: nowMs,
      generatorURL: textOf(given['generatorURL']),
    };
  };

  return {
    post(body) {
      if (!Array.isArray(body)) throw new Error('the body must be a list of alerts');
      const fresh = (body as unknown[]).map(read);
      for (const alert of fresh) {
        const known = alerts.get(alert.fingerprint);
        // Overlapping reports are one occurrence, which keeps its first start.
        const overlaps = known !== undefined && Date.parse(alert.startsAt) <= known.endsAtMs;
        if (overlaps && Date.parse(known.startsAt) < Date.parse(alert.startsAt)) alert.startsAt = known.startsAt;
        alerts.set(alert.fingerprint, alert);
      }
      return fresh;
    },
    get: (print) => alerts.get(print),
    all: () => [...alerts.values()],
    isResolved: (alert) => alert.endsAtMs <= now(),
    remove: (alert) => alerts.delete(alert.fingerprint),
  };
}
