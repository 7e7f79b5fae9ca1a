import { type Fields, jsonFields, logfmtFields } from './fields.ts';
import { leadingTime, timeOfField } from './leading-time.ts';
import type { LogEvent, TracedException } from './log-event.ts';
import { exceptionIn } from './stack-trace.ts';

/** Names by which libraries and schemas (ECS, OpenTelemetry, Bunyan, pino, Serilog, Logback, zap, logrus) call the same field. */
const NAMES = {
  message: [
    'message',
    'msg',
    'body.text',
    'body',
    'log',
    'event.original',
    'event',
    'text',
    '@m',
    '@mt',
    'short_message',
  ],
  time: ['@timestamp', 'timestamp', 'time', 'ts', 't', '@t', 'datetime', 'date', 'eventtime', 'timemillis'],
  level: ['log.level', 'level', 'severity_text', 'severity', 'lvl', 'loglevel', '@l', 'levelname', 'priority'],
  traceId: [
    'trace.id',
    'trace_id',
    'traceid',
    'dd.trace_id',
    'otel.trace_id',
    'x-b3-traceid',
    'context.trace_id',
    'mdc.traceid',
  ],
  status: [
    'http.response.status_code',
    'http.status_code',
    'status_code',
    'statuscode',
    'status',
    'response.status',
    'res.statuscode',
    'http.status',
  ],
  route: [
    'http.route',
    'route',
    'url.path',
    'http.target',
    'path',
    'req.url',
    'request.path',
    'uri',
    'url',
    'request_uri',
  ],
  errorType: ['error.type', 'exception.type', 'err.type', 'err.name', 'error.name', 'exception.class', 'error_type'],
  errorMessage: ['error.message', 'exception.message', 'err.message', 'error', 'err'],
  stack: [
    'error.stack_trace',
    'exception.stacktrace',
    'stack_trace',
    'stacktrace',
    'err.stack',
    'error.stack',
    'stack',
    'exc_info',
    'exception',
    '@x',
    'thrown.extendedstacktrace',
  ],
} as const;

/** Numbers that pino and Bunyan write for levels. */
const NUMBERED_LEVELS: Readonly<Record<string, string>> = {
  10: 'TRACE',
  20: 'DEBUG',
  30: 'INFO',
  40: 'WARN',
  50: 'ERROR',
  60: 'FATAL',
};
const LEVEL_IN_TEXT =
  /(?:^|[\s[(|<:"])(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|FATAL|CRITICAL|PANIC|ALERT|EMERG)(?=$|[\s\])|>:",])/i;
const ACCESS = /"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\S{1,2048})(?: HTTP\/[\d.]{1,3})?" (\d{3})\b/;
const TRACE_ID = /(?:trace[-_.]?id["']?[=:] ?["']?)([0-9a-f]{16,32})\b/i;
const HEAD = 160;
const LONGEST_LOOKED_AT = 4_096;

/** One event of its lines. */
export function readEvent(lines: readonly string[]): LogEvent {
  const [first = ''] = lines;
  const json = jsonFields(first);
  const fields = json ?? logfmtFields(first);
  const event = fields === null ? textEvent(lines) : structuredEvent(fields, lines, json === null ? 'logfmt' : 'json');
  return { ...event, lines: lines.length };
}

function textEvent(lines: readonly string[]): Omit<LogEvent, 'lines'> {
  const [first = ''] = lines;
  const time = leadingTime(first);
  const head = first.slice(0, LONGEST_LOOKED_AT);
  const [, path, status] = head.includes(' HTTP/') ? (ACCESS.exec(head) ?? []) : [];
  const exception = lines.length > 1 ? exceptionIn(lines) : null;
  // What a traceback begins with says nothing.
  const message =
    exception !== null && first.startsWith('Traceback (most recent')
      ? `${exception.type}: ${exception.message}`
      : first.slice(time?.end ?? 0);
  return {
    message,
    at: time?.at ?? null,
    level: levelOf(LEVEL_IN_TEXT.exec(message.slice(0, HEAD))?.[1]),
    traceId: /trace/i.test(head) ? (TRACE_ID.exec(head)?.[1]?.toLowerCase() ?? null) : null,
    status: statusOf(status),
    route: path === undefined ? null : withoutQuery(path),
    exception,
    format: 'text',
  };
}

function structuredEvent(
  fields: Fields,
  lines: readonly string[],
  format: LogEvent['format'],
): Omit<LogEvent, 'lines'> {
  const route = textOf(fields, NAMES.route);
  const exception = fieldException(fields) ?? (lines.length > 1 ? exceptionIn(lines) : null);
  const message = textOf(fields, NAMES.message) ?? exception?.message ?? lines[0] ?? '';
  return {
    message: message.split('\n', 1)[0] ?? '',
    at: first(fields, NAMES.time, timeOfField),
    level: first(fields, NAMES.level, levelOf),
    traceId: textOf(fields, NAMES.traceId),
    status: first(fields, NAMES.status, statusOf),
    route: route === null ? null : withoutQuery(route),
    exception,
    format,
  };
}

function fieldException(fields: Fields): TracedException | null {
  const stack = textOf(fields, NAMES.stack);
  const traced = stack === null || !stack.includes('\n') ? null : exceptionIn(stack.split('\n'));
  const type = textOf(fields, NAMES.errorType);
  if (traced !== null || type === null) return traced;
  const message = textOf(fields, NAMES.errorMessage) ?? '';
  return { type, message, rootType: type, rootMessage: message, ownFrame: null };
}

function first<T>(fields: Fields, names: readonly string[], read: (value: unknown) => T | null): T | null {
  for (const name of names) {
    const value = fields.get(name);
    const found = value === undefined ? null : read(value);
    if (found !== null) return found;
  }
  return null;
}

function textOf(fields: Fields, names: readonly string[]): string | null {
  return first(fields, names, (value) => (typeof value === 'string' && value !== '' ? value : null));
}

function levelOf(value: unknown): string | null {
  if (typeof value === 'number') return NUMBERED_LEVELS[String(value)] ?? null;
  if (typeof value !== 'string' || !/^[A-Za-z]{1,12}$/.test(value)) return null;
  const level = value.toUpperCase();
  return level === 'WARNING' ? 'WARN' : level === 'ERR' ? 'ERROR' : level;
}

function statusOf(value: unknown): number | null {
  const status =
    typeof value === 'number' ? value : typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : 0;
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : null;
}

function withoutQuery(path: string): string {
  const end = path.search(/[?#]/);
  return end === -1 ? path : path.slice(0, end);
}
