import { HaleError } from '../../domain/errors.ts';
import type { ActiveAlert, AlertsReader } from '../../ports/alerts.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpFailure } from '../http/failure.ts';
import { createHttpTarget, type HttpAuth, type TlsFiles } from '../http/target.ts';

export interface AlertmanagerOptions {
  /** With the path prefix, if the server has one; without `/api/v2`. */
  readonly url: string;
  readonly auth?: HttpAuth;
  readonly tls?: TlsFiles;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly ioClock?: Clock;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** Label names that every version takes bare; others need the quoted form of Alertmanager 0.27 and later. */
const CLASSIC_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Reads Alertmanager's API v2 at the configured address. */
export function createAlertmanager(options: AlertmanagerOptions): AlertsReader & { close(): void } {
  const target = createHttpTarget('alertmanager.url', {
    url: options.url,
    auth: options.auth,
    tls: options.tls,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    maxBytes: options.maxBytes ?? DEFAULT_MAX_BYTES,
    ioClock: options.ioClock,
  });

  async function get(
    path: string,
    query: URLSearchParams | undefined,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const unavailable = (why: string, cause?: unknown, details: Record<string, unknown> = {}): HaleError =>
      new HaleError('alertmanager-unavailable', `Alertmanager at ${target.shown}, GET /api/v2${path}: ${why}`, {
        cause,
        details,
      });
    const answer = await target
      .send({ method: 'GET', path: `/api/v2${path}`, ...(query === undefined ? {} : { query }), signal })
      .catch((error: unknown) => {
        if (error instanceof HttpFailure)
          throw unavailable(error.message, error, { aborted: error.kind === 'aborted' });
        throw error;
      });
    if (answer.status !== 200) {
      const hint = answer.status < 500 ? '; check alertmanager.url (with its path prefix) and alertmanager.auth' : '';
      throw unavailable(`HTTP ${answer.status}${hint}`, undefined, { status: answer.status });
    }
    try {
      return JSON.parse(answer.body);
    } catch (cause) {
      throw unavailable('the answer is not JSON; is a proxy or a login page in between?', cause);
    }
  }

  function malformed(expected: string): HaleError {
    return new HaleError('alertmanager-unavailable', `Alertmanager at ${target.shown} answered without ${expected}`);
  }

  return {
    async active({ labels, receiver }, signal) {
      const query = new URLSearchParams({
        active: 'true',
        silenced: 'false',
        inhibited: 'false',
        unprocessed: 'false',
        // A regular expression to Alertmanager; webhooks carry the name escaped as one already.
        ...(receiver === undefined ? {} : { receiver }),
      });
      for (const [name, value] of Object.entries(labels)) query.append('filter', equalMatcher(name, value));
      const listed = await get('/alerts', query, signal);
      if (!Array.isArray(listed)) throw malformed('a list of alerts');
      return listed
        .map((item) => parseAlert(item) ?? fail(malformed('fingerprint, labels and startsAt in each alert')))
        .filter((alert) => Object.entries(labels).every(([name, value]) => (alert.labels[name] ?? '') === value));
    },
    async version(signal) {
      const status = await get('/status', undefined, signal);
      const version = field(field(status, 'versionInfo'), 'version');
      if (typeof version !== 'string') throw malformed('versionInfo.version in its status');
      return `Alertmanager ${version}`;
    },
    close: () => target.close(),
  };
}

/** A matcher in Alertmanager's own syntax: the value is quoted as Go does, so that no value ends the quotes. */
export function equalMatcher(name: string, value: string): string {
  return `${CLASSIC_LABEL_NAME.test(name) ? name : quoted(name)}=${quoted(value)}`;
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

function parseAlert(item: unknown): ActiveAlert | null {
  const fingerprint = field(item, 'fingerprint');
  const startsAt = field(item, 'startsAt');
  const labels = asTexts(field(item, 'labels'));
  const annotations = asTexts(field(item, 'annotations') ?? {});
  const generatorUrl = field(item, 'generatorURL') ?? '';
  if (typeof fingerprint !== 'string' || typeof startsAt !== 'string' || typeof generatorUrl !== 'string') return null;
  if (labels === null || annotations === null) return null;
  return { fingerprint, labels, annotations, startsAt, generatorUrl };
}

function asTexts(value: unknown): Readonly<Record<string, string>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.values(value).every((it) => typeof it === 'string') ? (value as Record<string, string>) : null;
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function fail(error: HaleError): never {
  throw error;
}
