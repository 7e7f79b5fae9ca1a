import { HaleError } from '../domain/errors.ts';
import type { SignalStatus } from '../domain/signal.ts';
import { alertFingerprint } from './fingerprint.ts';

/** One alert of a body, checked. */
export interface WebhookAlert {
  readonly status: SignalStatus;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** RFC 3339 exactly as sent, with nanoseconds. */
  readonly startsAt: string;
  /** The same as Unix ms. */
  readonly startedAt: number;
  readonly generatorUrl: string;
  readonly fingerprint: string;
}

export interface WebhookBody {
  /** As sent: escaped for regular expressions. */
  readonly receiver: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** How many alerts the sender left out. */
  readonly truncatedAlerts: number;
  readonly alerts: readonly WebhookAlert[];
}

export interface BodyLimits {
  readonly maxAlertsPerBody: number;
  /** Labels, and annotations, of one alert. */
  readonly maxLabelsPerAlert: number;
  /** Longest name or value of a label or annotation, in UTF-8. */
  readonly maxLabelBytes: number;
}

const LONGEST_TEXT = 4_096;

/**
 * Reads an Alertmanager webhook of version "4", or the superset that Grafana sends; keys that are not used are passed over. Checked by hand
 * rather than by schema, as this is the hot path. Errors: body-malformed, with the place in the body and what to change.
 */
export function parseAlertmanagerWebhook(raw: string | Uint8Array, limits: BodyLimits): WebhookBody {
  const body = asObject(parseJson(raw), 'the body');
  if (body['version'] !== '4') throw wrongVersion(body['version']);
  const alerts = body['alerts'];
  if (!Array.isArray(alerts)) throw malformed('alerts', `expected a list, found ${nameOf(alerts)}`, CUSTOM_PAYLOAD);
  if (alerts.length > limits.maxAlertsPerBody) {
    throw malformed(
      'alerts',
      `${alerts.length} alerts in one body, at most ${limits.maxAlertsPerBody} are taken`,
      'set max_alerts in the webhook_configs of Alertmanager, group by more labels, or raise intake.maxAlertsPerBody',
    );
  }
  return {
    receiver: optionalText(body['receiver'], 'receiver'),
    groupLabels: body['groupLabels'] === undefined ? {} : textRecord(body['groupLabels'], 'groupLabels', limits),
    truncatedAlerts: countOf(body['truncatedAlerts']),
    alerts: alerts.map((alert, index) => parseAlert(alert, `alerts[${index}]`, limits)),
  };
}

const CUSTOM_PAYLOAD =
  'point webhook_configs at Hale without `payload:` and without a proxy that changes the body; the default payload of Alertmanager is what it takes';

function parseJson(raw: string | Uint8Array): unknown {
  const text = typeof raw === 'string' ? raw : Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString('utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the body, which is not redacted yet.
    const advice = 'send the JSON of an Alertmanager webhook (version "4")';
    throw new HaleError('body-malformed', `the body of ${text.length} characters is not JSON; ${advice}`, {
      cause: error,
    });
  }
}

function wrongVersion(version: unknown): HaleError {
  const found = version === undefined ? 'there is none' : `found ${shown(version)}`;
  return malformed('version', `expected "4", ${found}`, CUSTOM_PAYLOAD);
}

function parseAlert(given: unknown, at: string, limits: BodyLimits): WebhookAlert {
  const alert = asObject(given, at);
  const status = alert['status'];
  if (status !== 'firing' && status !== 'resolved') {
    throw malformed(`${at}.status`, `expected "firing" or "resolved", found ${shown(status)}`, CUSTOM_PAYLOAD);
  }
  const labels = textRecord(alert['labels'], `${at}.labels`, limits);
  const startsAt = alert['startsAt'];
  return {
    status,
    labels,
    annotations:
      alert['annotations'] === undefined ? {} : textRecord(alert['annotations'], `${at}.annotations`, limits),
    startsAt: typeof startsAt === 'string' ? startsAt : '',
    startedAt: parseInstant(startsAt, `${at}.startsAt`),
    generatorUrl: optionalText(alert['generatorURL'], `${at}.generatorURL`),
    fingerprint: fingerprintOf(alert['fingerprint'], labels, `${at}.fingerprint`),
  };
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Unix ms of an RFC 3339 text; fractions below a millisecond are cut off, as Alertmanager's own API does. */
export function parseInstant(given: unknown, at: string): number {
  const ms = typeof given === 'string' && RFC3339.test(given) ? Date.parse(given) : Number.NaN;
  // Not before 1970: that is how Go writes a time that was never set.
  if (!(ms >= 0)) {
    throw malformed(
      at,
      `expected a moment such as 2026-11-22T07:58:25.736764521Z, found ${shown(given)}`,
      'send when the alert began',
    );
  }
  return ms;
}

/** Alertmanager's are 16 hexadecimal digits; other senders may have others, but nothing that could be taken for a separator or a word of ours. */
const FINGERPRINT = /^(?=.*\d|.{16})[A-Za-z0-9_.:-]{1,128}$/;

/** Missing or empty: computed from the labels the way that Prometheus does, so that it equals what Alertmanager would send. */
function fingerprintOf(given: unknown, labels: Readonly<Record<string, string>>, at: string): string {
  if (given === undefined || given === null || given === '') return alertFingerprint(labels);
  if (typeof given === 'string' && FINGERPRINT.test(given)) return given;
  throw malformed(
    at,
    `expected 16 hexadecimal digits, found ${shown(given)}`,
    'leave it out, and Hale computes it from the labels',
  );
}

/** Checks a record of text to text. `__proto__` is refused: a plain object cannot hold it as its own. */
export function textRecord(given: unknown, at: string, limits: BodyLimits): Readonly<Record<string, string>> {
  const record = asObject(given, at);
  const names = Object.keys(record);
  if (names.length > limits.maxLabelsPerAlert) {
    throw malformed(
      at,
      `${names.length} entries, at most ${limits.maxLabelsPerAlert} are taken`,
      'drop some, or raise intake.maxLabelsPerAlert',
    );
  }
  const out: Record<string, string> = {};
  for (const name of names) {
    const value = record[name];
    if (typeof value !== 'string')
      throw malformed(`${at}.${clip(name)}`, `expected text, found ${nameOf(value)}`, CUSTOM_PAYLOAD);
    if (name === '__proto__') throw malformed(at, 'a name is "__proto__", which is reserved', 'rename it');
    if (exceeds(name, limits.maxLabelBytes) || exceeds(value, limits.maxLabelBytes)) {
      throw malformed(
        `${at}.${clip(name)}`,
        `longer than ${limits.maxLabelBytes} bytes`,
        'shorten it in the alert rule, or raise intake.maxLabelBytes',
      );
    }
    // Half of a surrogate pair cannot be stored as UTF-8.
    out[name.toWellFormed()] = value.toWellFormed();
  }
  return out;
}

function exceeds(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes);
}

function asObject(given: unknown, at: string): Record<string, unknown> {
  if (given !== null && typeof given === 'object' && !Array.isArray(given)) return given as Record<string, unknown>;
  throw malformed(at, `expected an object, found ${nameOf(given)}`, CUSTOM_PAYLOAD);
}

function optionalText(given: unknown, at: string): string {
  if (given === undefined || given === null) return '';
  if (typeof given === 'string' && given.length <= LONGEST_TEXT * 4) return given.slice(0, LONGEST_TEXT).toWellFormed();
  throw malformed(
    at,
    `expected text of at most ${LONGEST_TEXT * 4} characters, found ${nameOf(given)}`,
    CUSTOM_PAYLOAD,
  );
}

function countOf(given: unknown): number {
  if (given === undefined || given === null) return 0;
  if (typeof given === 'number' && Number.isSafeInteger(given) && given >= 0) return given;
  throw malformed('truncatedAlerts', `expected a whole number, found ${shown(given)}`, CUSTOM_PAYLOAD);
}

function malformed(at: string, what: string, advice: string): HaleError {
  return new HaleError('body-malformed', `${at}: ${what}; ${advice}`, { details: { at } });
}

function nameOf(given: unknown): string {
  if (given === undefined) return 'nothing';
  if (given === null) return 'null';
  if (Array.isArray(given)) return 'a list';
  return typeof given === 'object' ? 'an object' : `a ${typeof given}`;
}

function shown(given: unknown): string {
  return typeof given === 'string' || typeof given === 'number' ? JSON.stringify(clip(String(given))) : nameOf(given);
}

const CLIP = 64;
function clip(text: string): string {
  return text.length > CLIP ? `${text.slice(0, CLIP)}...` : text;
}
