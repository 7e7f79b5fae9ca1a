import type { DestinationStream, Logger } from 'pino';
import { pino } from 'pino';

/** Fields in the flat spelling of the Elastic Common Schema, as ecs-logging libraries write them. */
export interface LogFields {
  'trace.id'?: string;
  'http.request.method'?: string;
  'http.response.status_code'?: number;
  'url.path'?: string;
  /** Template of the route, with no value of a request in it. */
  'http.route'?: string;
  /** Nanoseconds, by the schema. */
  'event.duration'?: number;
  'error.type'?: string;
  'error.code'?: string;
  'error.message'?: string;
  'error.stack_trace'?: string;
  [name: `labels.${string}`]: string | number;
}

export interface ShopLog {
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

/** `release` goes into every line: it tells which revision of the workload wrote it. */
export function createLog(
  service: string,
  destination: DestinationStream,
  now: () => number,
  release = 'unknown',
): ShopLog {
  const logger: Logger = pino(
    {
      base: { 'service.name': service, 'service.version': release, 'ecs.version': '8.11.0' },
      messageKey: 'message',
      timestamp: () => `,"@timestamp":"${new Date(now()).toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
    },
    destination,
  );
  return logger;
}

export function errorFields(error: unknown): LogFields {
  if (!(error instanceof Error)) return { 'error.type': typeof error, 'error.message': String(error) };
  const code = errorCode(error);
  return {
    // pg names its class in the prototype only, and `name` says plain "error".
    'error.type': error.constructor.name,
    'error.message': error.message,
    ...(code === undefined ? {} : { 'error.code': code }),
    ...(error.stack === undefined ? {} : { 'error.stack_trace': error.stack }),
  };
}

/** SQLSTATE of the server or error name of the system; undefined when the error carries none. */
export function errorCode(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
