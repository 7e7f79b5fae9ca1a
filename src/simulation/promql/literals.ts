import { PromqlError } from './error.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};
const DURATION = /^(?:\d+(?:ms|[smhdwy]))+$/;

/** `1h30m` or plain seconds (`90`, `0.5`); undefined when it is neither. */
export function parseDurationMs(text: string): number | undefined {
  if (DURATION.test(text)) {
    let totalMs = 0;
    for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g))
      totalMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
    return totalMs;
  }
  const seconds = parseNumber(text);
  return seconds === undefined || !Number.isFinite(seconds) ? undefined : Math.round(seconds * 1_000);
}

/** PromQL's number literals, durations included (`5m` is 300). */
export function parseNumber(text: string): number | undefined {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (/^[+-]?inf$/.test(plain)) return plain.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (plain === 'nan') return Number.NaN;
  if (DURATION.test(plain)) return (parseDurationMs(plain) ?? 0) / 1_000;
  if (!/^[+-]?(?:0x[0-9a-f]+|\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)$/.test(plain)) return undefined;
  return Number(plain);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** A quoted PromQL string. Back quotes take everything as it stands; the other two know Go's escapes. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`')) return inner;
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gs;
  return inner.replaceAll(
    escape,
    (whole: string, x?: string, u?: string, long?: string, octal?: string, one?: string) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      const known = one === undefined ? undefined : ESCAPES[one];
      if (known === undefined)
        throw new PromqlError('bad_data', `parse error: unknown escape sequence ${whole} in ${literal}`);
      return known;
    },
  );
}

/** A number as Prometheus's API writes it: no exponent, `NaN`, `+Inf`, `-Inf`. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', exponentText = '0'] = match;
  const digits = first + rest;
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return sign + digits.padEnd(exponent + 1, '0');
}

/** The form of `/api/v1/alerts`: mantissa and an exponent of at least two digits (`1e+00`). */
export function formatExponent(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const [mantissa = '0', exponent = '+0'] = value.toExponential().split('e');
  return `${mantissa}e${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`;
}
