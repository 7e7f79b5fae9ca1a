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
