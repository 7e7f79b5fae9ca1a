import { isFailure, STATUS_LABELS } from './server-series.ts';

/** Labels under which clients say how a call ended. */
export const CALL_STATUS_LABELS = [
  ...STATUS_LABELS,
  'response_flags',
  'error_type',
  'exception',
  'error',
  'db_response_status_code',
  'envoy_response_code_class',
] as const;

/** Names of errors that mean that nobody answered: of Node.js, the JVM, Go, Python and Micrometer. */
const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ECONNRESET|EPIPE|UND_ERR_(CONNECT|SOCKET)|ConnectException|UnknownHost|NoRouteToHost|ConnectionError|ConnectionRefused|connection refused|no such host|IO_ERROR/i;
const TIMED_OUT = /ETIMEDOUT|timeout|timed out|deadline|UND_ERR_(HEADERS|BODY)/i;
/** Istio: connect failure, no healthy host, no route, upstream reset. UT is a time-out, UO a circuit that Envoy opened. */
const UNREACHABLE_FLAGS = /\b(UF|UH|NR|UC|LH)\b/;
/** PostgreSQL: connection exceptions, and a server that starts, stops or was ended by its administrator. */
const DATABASE_GONE = /^(08...|57P0[1-3])$/;

/** How a call failed by the fault of the one called; null when it did not, or by the caller's own fault (4xx, a broken constraint). */
export function callFailure(labels: Readonly<Record<string, string>>): 'unreachable' | 'failed' | null {
  const text = [labels.error_type, labels.exception, labels.error, labels.status, labels.http_response_status_code]
    .filter((value) => value !== undefined && value !== '' && !/^none$/i.test(value))
    .join(' ');
  const flags = labels.response_flags ?? '';
  // A status of 0 is the habit of those who count calls without an answer beside the others.
  if ([labels.status_code, labels.status, labels.code, labels.http_status_code].includes('0')) return 'unreachable';
  if (UNREACHABLE.test(text) || UNREACHABLE_FLAGS.test(flags)) return 'unreachable';
  if ([labels.db_response_status_code, labels.error_type].some((code) => DATABASE_GONE.test(code ?? '')))
    return 'unreachable';
  if (labels.grpc_code === 'Unavailable' || labels.rpc_grpc_status_code === '14') return 'unreachable';
  if (TIMED_OUT.test(text) || /\b(UT|URX|UO)\b/.test(flags)) return 'failed';
  if (isFailure(labels) || /^5\d\d$/.test(labels.error_type ?? '')) return 'failed';
  // Istio counts a call without an answer under code 0.
  if (labels.response_code === '0' && flags !== '' && flags !== '-' && flags !== 'DC') return 'failed';
  return labels.envoy_response_code_class === '5' ? 'failed' : null;
}
