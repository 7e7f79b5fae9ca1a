import { z } from 'zod';

export const LogParserInput = z.strictObject({
  text: z
    .string()
    .max(1_000_000)
    .optional()
    .describe('lines of a log, for callers that hold them; a file or a stream is read with --input'),
  top: z.number().int().min(1).max(4_096).default(30).describe('patterns to tell at most, those with most lines first'),
});
export type LogParserInput = z.infer<typeof LogParserInput>;

const Count = z.number().int().nonnegative();
/** Unix ms; null when no line told its time. */
const Moment = z.number().nullable();

/** The error that a stack trace is about. */
const Exception = z.object({
  type: z.string(),
  message: z.string(),
  /** The error behind it that began all; the same one when there is none. */
  rootType: z.string(),
  rootMessage: z.string(),
  /** Where in the program's own code, not in a library. */
  ownFrame: z.string().nullable(),
});

const Pattern = z.object({
  /** The same for the same template, wherever it was mined. */
  id: z.string(),
  template: z.string(),
  /** For each place that differs, what was seen there. */
  parameters: z.array(z.array(z.string())),
  events: Count,
  /** Of all events. */
  share: z.number(),
  firstAt: Moment,
  lastAt: Moment,
  /** Events over time, or over the order of lines; all patterns share the buckets. */
  counts: z.array(Count),
  /** Events by level, as far as they tell one. */
  levels: z.record(z.string(), Count),
  /** Events by HTTP status, as far as they tell one. */
  statuses: z.record(z.string(), Count),
  /** Routes with most events first. */
  routes: z.array(z.string()),
  exceptions: z.array(Exception),
  samples: z.array(z.string()),
});
export type Pattern = z.infer<typeof Pattern>;

export const LogParserOutput = z.object({
  lines: Count,
  /** A stack trace with the line that it belongs to is one event. */
  events: Count,
  /** How many events were JSON, logfmt or plain text. */
  formats: z.record(z.string(), Count),
  /** Whether `counts` are over time. */
  timed: z.boolean(),
  firstAt: Moment,
  lastAt: Moment,
  patterns: z.array(Pattern),
  /** Patterns that are not told because of `top`. */
  morePatterns: Count,
  /** Patterns and their events that were given up, so that memory stays bounded. */
  givenUp: z.object({ patterns: Count, events: Count }),
});
export type LogParserOutput = z.infer<typeof LogParserOutput>;
