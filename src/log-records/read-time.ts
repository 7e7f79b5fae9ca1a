/** A zone at the end: `Z`, `+02`, `+02:00`, `-0730`. */
const ZONE = /(?:z|[+-]\d\d(?::?\d\d)?)$/i;
const DATE_AND_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const DIGITS = /^\d{9,20}(?:\.\d+)?$/;

/**
 * Unix ms of what documents write as time: ISO 8601 with any precision (without a zone it is UTC, as Elasticsearch takes it), or seconds,
 * milliseconds, microseconds or nanoseconds since 1970, told apart by their size. Null when it is none of these.
 */
export function readTime(value: string | number): number | null {
  if (typeof value === 'number') return fromNumber(value);
  const usual = readUsual(value);
  if (usual !== null) return usual;
  const text = value.trim();
  if (text.length > 64) return null;
  if (DIGITS.test(text)) return fromNumber(Number(text));
  if (!DATE_AND_TIME.test(text)) return null;
  const stamped = ZONE.test(text.slice(16)) ? text : `${text}Z`;
  const ms = Date.parse(stamped.replace(',', '.'));
  return Number.isNaN(ms) ? null : ms;
}

/** Each unit is a thousand times the one before: the size tells which, for any time between 1973 and 5138. */
function fromNumber(value: number): number | null {
  if (!Number.isFinite(value) || value < 1e8) return null;
  if (value < 1e11) return Math.round(value * 1_000);
  if (value < 1e14) return Math.round(value);
  if (value < 1e17) return Math.round(value / 1_000);
  return value < 1e20 ? Math.round(value / 1e6) : null;
}

const USUAL_LENGTH = '2026-11-28T01:02:03.456Z'.length;
const MINUTE_MS = 60_000;

/** The spelling that nearly all shippers use, to the millisecond and in UTC, many times faster than the general way; null for any other. */
function readUsual(text: string): number | null {
  if (text.length !== USUAL_LENGTH || text.charCodeAt(10) !== 84 || text.charCodeAt(23) !== 90) return null;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(13) !== 58) return null;
  if (text.charCodeAt(16) !== 58 || text.charCodeAt(19) !== 46) return null;
  const year = digitsOf(text, 0, 4);
  const month = digitsOf(text, 5, 7);
  const day = digitsOf(text, 8, 10);
  const hour = digitsOf(text, 11, 13);
  const minute = digitsOf(text, 14, 16);
  const ms = digitsOf(text, 17, 19) * 1_000 + digitsOf(text, 20, 23);
  // What is no digit makes NaN, which passes none of these; which days months have is left to the general way.
  const isMoment = year >= 1_970 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
  return isMoment && hour <= 23 && minute <= 59 && ms < MINUTE_MS
    ? Date.UTC(year, month - 1, day, hour, minute, 0, ms)
    : null;
}

function digitsOf(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
