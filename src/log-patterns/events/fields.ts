/** Fields of a structured line by their dotted names, in lower case. */
export type Fields = ReadonlyMap<string, unknown>;

const MOST_FIELDS = 500;
const DEEPEST = 8;
const LONGEST_JSON = 256 * 1024;
/** Deeper nesting is not read: parsing it could exhaust the stack. */
const MOST_BRACKETS = 2_000;

/** The fields of a line that is one JSON object; null when it is none, or too large or too deep to be read. */
export function jsonFields(line: string): Fields | null {
  if (line.charCodeAt(0) !== 123 || line.length > LONGEST_JSON || !line.trimEnd().endsWith('}')) return null;
  if (bracketsIn(line) > MOST_BRACKETS) return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const fields = new Map<string, unknown>();
  flatten(value, '', fields, 0);
  return fields.size > 0 ? fields : null;
}

function bracketsIn(line: string): number {
  let count = 0;
  for (let i = 0; i < line.length; i += 1) {
    const code = line.charCodeAt(i);
    if (code === 91 || code === 123) count += 1;
  }
  return count;
}

/** A map, not an object: a key such as `__proto__` is a key like any other. */
function flatten(value: unknown, name: string, fields: Map<string, unknown>, depth: number): void {
  if (fields.size >= MOST_FIELDS || depth > DEEPEST) return;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    if (name !== '' && !fields.has(name)) fields.set(name, value);
    return;
  }
  for (const [key, item] of Object.entries(value))
    flatten(item, name === '' ? key.toLowerCase() : `${name}.${key.toLowerCase()}`, fields, depth + 1);
}

const LEAST_PAIRS = 3;

/** The fields of a line in logfmt: at least three pairs, and nothing but pairs and bare words. Null when it is none. Linear. */
export function logfmtFields(line: string): Fields | null {
  const fields = new Map<string, unknown>();
  let bare = 0;
  let at = 0;
  while (at < line.length && fields.size < MOST_FIELDS) {
    if (line.charCodeAt(at) === 32) {
      at += 1;
      continue;
    }
    const start = at;
    while (at < line.length && isKeyUnit(line.charCodeAt(at))) at += 1;
    if (line.charCodeAt(at) !== 61 || at === start) {
      // Something else than a pair: logfmt has few of them.
      bare += 1;
      if (bare > 1 || fields.size === 0) return null;
      while (at < line.length && line.charCodeAt(at) !== 32) at += 1;
      continue;
    }
    const key = line.slice(start, at).toLowerCase();
    const { value, end } = logfmtValue(line, at + 1);
    if (!fields.has(key)) fields.set(key, value);
    at = end;
  }
  return fields.size >= LEAST_PAIRS ? fields : null;
}

function isKeyUnit(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 46 ||
    code === 95 ||
    code === 45 ||
    code === 64
  );
}

function logfmtValue(line: string, from: number): { value: string; end: number } {
  if (line.charCodeAt(from) !== 34) {
    const end = line.indexOf(' ', from);
    return end === -1 ? { value: line.slice(from), end: line.length } : { value: line.slice(from, end), end };
  }
  let at = from + 1;
  while (at < line.length && line.charCodeAt(at) !== 34) at += line.charCodeAt(at) === 92 ? 2 : 1;
  return {
    value: line
      .slice(from + 1, at)
      .replaceAll('\\"', '"')
      .replaceAll('\\n', '\n'),
    end: at + 1,
  };
}
