import { z } from 'zod';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export const LogLevel = z.enum(LOG_LEVELS);
export type LogLevel = z.infer<typeof LogLevel>;

/** What was odd about a document; each is counted, none makes it refused. */
export const LOG_ODDITIES = [
  /** No time of its own: it gets that of its arrival. */
  'time-missing',
  /** A time that cannot be read: likewise. */
  'time-unreadable',
  /** A time ahead of ours: likewise. */
  'time-future',
  'message-missing',
  /** A message or stack longer than the limit, of which the beginning is kept. */
  'text-cut',
  /** Keys beyond the limit of one object were not looked at. */
  'too-many-keys',
  'control-characters',
  'invalid-utf8',
] as const;
export type LogOddity = (typeof LOG_ODDITIES)[number];

/** One log event, whatever shape its document had. All of it is text from outside: to be matched and counted, never to be followed. */
export const LogRecord = z.object({
  /** Unix ms: when it was written, by the clock of its source; when it arrived where that cannot be told. */
  at: z.number().int(),
  /** Unix ms: when a pipeline took it in, where that is told. */
  ingestedAt: z.number().int().nullable(),
  message: z.string(),
  level: LogLevel.nullable(),
  namespace: z.string().nullable(),
  pod: z.string().nullable(),
  container: z.string().nullable(),
  service: z.string().nullable(),
  release: z.string().nullable(),
  /** Template of the route or path of the request, its variable parts as `*`. */
  route: z.string().nullable(),
  /** HTTP status that was answered. */
  status: z.number().int().min(100).max(599).nullable(),
  traceId: z.string().nullable(),
  /** Type of the exception. */
  exception: z.string().nullable(),
  /** Stack trace, where it is a field of its own. */
  stack: z.string().nullable(),
});
export type LogRecord = z.infer<typeof LogRecord>;

/** By which log events are counted apart. */
export const LogLabels = LogRecord.pick({
  namespace: true,
  service: true,
  release: true,
  route: true,
  status: true,
  level: true,
  exception: true,
});
export type LogLabels = z.infer<typeof LogLabels>;
