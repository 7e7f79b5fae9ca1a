/** The time at the beginning of a line, and where the rest begins. */
export interface LeadingTime {
  readonly at: number;
  readonly end: number;
}

/** Years outside are typing errors, counters or broken clocks. */
const EARLIEST = Date.UTC(2000, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

const ISO =
  /^\[?(\d{4})[-/.](\d\d)[-/.](\d\d)[T _](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?(Z|UTC|[+-]\d\d:?\d\d)?\]?(?=[\s|,;:\]-]|$)[\s|,;-]{0,4}/;
const ACCESS = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/;

/** ISO 8601 and its relatives at the start of the line, or the time of an access log near it; without a zone it is UTC. Null otherwise. */
export function leadingTime(line: string): LeadingTime | null {
  const head = line.slice(0, 160);
  const iso = ISO.exec(head);
  if (iso !== null) {
    const [all, year, month, day, hour, minute, second = '0', fraction = '', zone] = iso;
    const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
    return checked(at + Number(fraction.padEnd(3, '0').slice(0, 3)) - zoneMs(zone), all.length);
  }
  const access = ACCESS.exec(head);
  if (access === null) return null;
  const [, day, name = '', year, hour, minute, second, zone] = access;
  const month = MONTHS.indexOf(name);
  if (month % 3 !== 0) return null;
  const at = Date.UTC(Number(year), month / 3, Number(day), Number(hour), Number(minute), Number(second));
  return checked(at - zoneMs(zone), 0);
}

/** A time as a field tells it: text in ISO 8601, or seconds, ms, us or ns since 1970. Null for anything else. */
export function timeOfField(value: unknown): number | null {
  if (typeof value === 'number') return timeOfNumber(value);
  if (typeof value !== 'string' || value.length > 40) return null;
  if (/^\d{10,19}(?:\.\d{1,9})?$/.test(value)) return timeOfNumber(Number(value));
  return leadingTime(value)?.at ?? null;
}

function timeOfNumber(value: number): number | null {
  if (!(value > 0)) return null;
  for (const perMs of [0.001, 1, 1e3, 1e6]) {
    const at = value / perMs;
    if (at >= EARLIEST && at < LATEST) return Math.floor(at);
  }
  return null;
}

function zoneMs(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'UTC') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}

function checked(at: number, end: number): LeadingTime | null {
  return at >= EARLIEST && at < LATEST ? { at, end } : null;
}
