import type { LogLabels, LogOddity, LogRecord } from '../domain/log-record.ts';
import type { FieldName } from './fields.ts';
import { fillIn, type Gathered, gather, gathered, nothingGathered } from './gather.ts';
import { levelInLine, readLevel } from './read-level.ts';
import { readTime } from './read-time.ts';
import { routeOf } from './route-of.ts';
import { serviceOfPod } from './service-of.ts';

export interface NormaliseLimits {
  /** Longest message, and longest stack; of a longer one the beginning is kept. */
  readonly maxTextChars: number;
  /** How far ahead of ours a source's clock may be. */
  readonly maxAheadMs: number;
}

export const NORMALISE_DEFAULTS: NormaliseLimits = { maxTextChars: 32_768, maxAheadMs: 60_000 };

export interface Normalised {
  readonly record: LogRecord;
  readonly oddities: readonly LogOddity[];
}

/** Longest of all other fields: names, not texts. */
const MAX_NAME_CHARS = 253;
/** A message that is longer is not looked into for JSON. */
const MAX_JSON_CHARS = 65_536;
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
// oxlint-disable-next-line no-control-regex -- that is what is looked for
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;
const BLANK = 32;
const DELETE = 127;
const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;

/**
 * The record of one document: ECS, nested or dotted; OpenTelemetry's; what Fluent Bit and Vector write; a line that nobody parsed. Pure, and
 * bounded for any document: fields are looked up by name, never walked beyond the names that are known.
 */
export function normalise(document: unknown, arrivedAt: number, limits = NORMALISE_DEFAULTS): Normalised {
  const oddities: LogOddity[] = [];
  const found = nothingGathered();
  const given = typeof document === 'string' ? { message: document } : document;
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && !gather(given, found)) {
    oddities.push('too-many-keys');
  }
  const message = messageOf(found, oddities);
  const { at, ingestedAt } = timesOf(found, arrivedAt, limits, oddities);
  const pod = nameOf(found, 'pod');
  const container = nameOf(found, 'container');
  const level = gathered(found, 'level');
  const path = gathered(found, 'route');
  const stack = gathered(found, 'stack');
  return {
    record: {
      at,
      ingestedAt,
      message: plain(message, limits.maxTextChars, oddities),
      level: (level === undefined ? null : readLevel(level)) ?? levelInLine(message),
      namespace: nameOf(found, 'namespace'),
      pod,
      container,
      service: nameOf(found, 'service') ?? (pod === null ? container : serviceOfPod(pod)),
      release: nameOf(found, 'release'),
      route: typeof path === 'string' ? routeOf(path) : null,
      status: statusOf(found),
      traceId: nameOf(found, 'trace'),
      exception: nameOf(found, 'exception'),
      stack: typeof stack === 'string' ? plain(stack, limits.maxTextChars, oddities) : null,
    },
    oddities,
  };
}

export function labelsOf(record: LogRecord): LogLabels {
  const { namespace, service, release, route, status, level, exception } = record;
  return { namespace, service, release, route, status, level, exception };
}

/** The line that is mined: the message, and the stack where that is not part of it. */
export function lineOf({ message, stack }: LogRecord): string {
  if (stack === null || message.includes(stack.slice(0, 200))) return message;
  return message === '' || stack.startsWith(message) ? stack : `${message}\n${stack}`;
}

/** The message; where it is a JSON object itself, that one's fields fill in what the document does not tell. */
function messageOf(found: Gathered, oddities: LogOddity[]): string {
  const given = gathered(found, 'message');
  if (given === undefined) {
    oddities.push('message-missing');
    return '';
  }
  const text = String(given);
  const inner = innerObject(text);
  if (inner === null) return text;
  const within = nothingGathered();
  if (!gather(inner, within)) oddities.push('too-many-keys');
  fillIn(found, within, 'ingested');
  const told = gathered(within, 'message');
  return told === undefined ? text : String(told);
}

function innerObject(text: string): object | null {
  if (text.length > MAX_JSON_CHARS || text.charCodeAt(0) !== 123 || !/\}\s*$/.test(text.slice(-16))) return null;
  try {
    return JSON.parse(text) as object;
  } catch {
    // A line that only looks like JSON is a line.
    return null;
  }
}

function timesOf(
  found: Gathered,
  arrivedAt: number,
  { maxAheadMs }: NormaliseLimits,
  oddities: LogOddity[],
): { at: number; ingestedAt: number | null } {
  const ingested = gathered(found, 'ingested');
  const ingestedAt = ingested === undefined ? null : readTime(ingested);
  const given = gathered(found, 'time');
  const at = given === undefined ? null : readTime(given);
  if (given === undefined) oddities.push('time-missing');
  else if (at === null) oddities.push('time-unreadable');
  else if (at <= arrivedAt + maxAheadMs) return { at, ingestedAt };
  else oddities.push('time-future');
  return { at: ingestedAt !== null && ingestedAt < arrivedAt ? ingestedAt : arrivedAt, ingestedAt };
}

function nameOf(found: Gathered, field: FieldName): string | null {
  const value = gathered(found, field);
  if (value === undefined) return null;
  const name = String(value).slice(0, MAX_NAME_CHARS);
  return hasControls(name) ? clean(name) : name;
}

function statusOf(found: Gathered): number | null {
  const status = Number(gathered(found, 'status') ?? Number.NaN);
  return Number.isInteger(status) && status >= 100 && status <= 599 ? status : null;
}

function plain(text: string, maxChars: number, oddities: LogOddity[]): string {
  const cut = text.length > maxChars ? text.slice(0, maxChars) : text;
  if (cut.length < text.length) oddities.push('text-cut');
  if (!hasControls(cut)) return cut;
  oddities.push('control-characters');
  return clean(cut);
}

/** As `CONTROLS`, in a third of the time for the short texts of most fields. */
function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < BLANK ? code !== TAB && code !== NEWLINE && code !== RETURN : code === DELETE) return true;
  }
  return false;
}

function clean(text: string): string {
  return text.replaceAll(CONTROLS, ' ');
}
