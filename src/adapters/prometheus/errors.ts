import { HaleError } from '../../domain/errors.ts';
import { HttpFailure } from '../http/failure.ts';
import type { HttpAnswer } from '../http/transport.ts';
import { MalformedAnswer, parseEnvelope } from './parse.ts';

const MAX_SAID = 300;

/** Translates an exchange that brought no answer. Whatever went wrong, it is one of the port's three codes. */
export function metricsFailure(error: unknown, what: string, shown: string): unknown {
  if (error instanceof HaleError) return error;
  if (error instanceof MalformedAnswer) {
    return new HaleError(
      'metrics-unavailable',
      `Prometheus at ${shown} answered ${what} with something else than its own format (${error.message}); is a proxy or a login page in between, or the path prefix missing from prometheus.url?`,
      { cause: error },
    );
  }
  if (!(error instanceof HttpFailure)) return error;
  if (error.kind === 'too-large') {
    return new HaleError(
      'metrics-limit',
      `Prometheus at ${shown}, ${what}: ${error.message}; ask for fewer series, a shorter time or a wider step`,
      { cause: error },
    );
  }
  return new HaleError('metrics-unavailable', `Prometheus at ${shown} did not answer ${what}: ${error.message}`, {
    cause: error,
    details: error.kind === 'aborted' ? { aborted: true } : {},
  });
}

/** Translates an answer whose status is not 200. 400 and 422 speak of the query, 5xx and 429 of the moment, the rest of the set-up. */
export function metricsRefusal(answer: HttpAnswer, what: string, shown: string): HaleError {
  const { status, headers } = answer;
  const details = { status };
  const from = `Prometheus at ${shown}`;
  if (status === 400 || status === 422) {
    return new HaleError('metrics-rejected', `${from} refused ${what}: ${said(answer)}`, { details });
  }
  if (status >= 500 || status === 429) {
    return new HaleError('metrics-unavailable', `${from} cannot answer ${what} (HTTP ${status}): ${said(answer)}`, {
      details,
    });
  }
  if (status >= 300 && status < 400) {
    const to = (headers.location ?? '').slice(0, MAX_SAID);
    return new HaleError(
      'metrics-rejected',
      `${from} answered ${what} with a redirect to ${to || 'nowhere'}, which is not followed; write the final address in prometheus.url`,
      { details },
    );
  }
  const hint =
    status === 401 || status === 403
      ? 'set prometheus.auth to a credential that may query'
      : status === 404
        ? 'prometheus.url must hold the path prefix, if the server has one'
        : 'the server takes no such request';
  return new HaleError('metrics-rejected', `${from} refused ${what} (HTTP ${status}): ${hint}`, { details });
}

/** The server's own words if it used its own format; a page in HTML helps nobody. */
function said(answer: HttpAnswer): string {
  try {
    const { errorType, error } = parseEnvelope(answer.body);
    return `${errorType}: ${error}`.slice(0, MAX_SAID);
  } catch {
    return 'no explanation in the format of Prometheus';
  }
}
