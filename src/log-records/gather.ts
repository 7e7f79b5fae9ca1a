import { FIELD_NUMBER, FIELD_TREE, FIELDS, type FieldName, type FieldNode } from './fields.ts';

type Scalar = string | number;
/** What a document says of each field, by the most trusted name that it uses: in lists by number of the field, for one is made for every document. */
export interface Gathered {
  readonly values: (Scalar | undefined)[];
  /** Of the names; lower is more trusted. */
  readonly ranks: number[];
}

const NO_VALUES: readonly (Scalar | undefined)[] = FIELDS.map(() => undefined);
const NO_RANKS: readonly number[] = FIELDS.map(() => 0);

export function nothingGathered(): Gathered {
  return { values: NO_VALUES.slice(), ranks: NO_RANKS.slice() };
}

export function gathered({ values }: Gathered, field: FieldName): Scalar | undefined {
  return values[FIELD_NUMBER[field]];
}

/** Takes what is not told yet. */
export function fillIn(into: Gathered, from: Gathered, but: FieldName): void {
  for (const [number, value] of from.values.entries()) {
    if (number !== FIELD_NUMBER[but]) into.values[number] ??= value;
  }
}

/** Keys of one object that are looked at; a document with more of them is odd enough. */
const MAX_KEYS = 1_000;
const MAX_INNER_CHARS = 8_192;
/** Spellings of keys whose parts are remembered: shippers send the same few hundred for ever. */
const MAX_REMEMBERED_KEYS = 4_096;
const remembered = new Map<string, readonly string[]>();

/**
 * Walks what a document has of the known fields, nested, dotted or both. Never deeper than the longest known name, so that no nesting
 * and no width of a document costs more than its limit. Returns false when keys were left out.
 */
export function gather(document: object, into: Gathered): boolean {
  return walk(FIELD_TREE, document, into);
}

function walk(node: FieldNode, document: object, into: Gathered): boolean {
  let left = MAX_KEYS;
  let complete = true;
  for (const key in document) {
    if (left-- === 0) return false;
    const end = step(node, key);
    if (end === undefined) continue;
    const value: unknown = (document as Record<string, unknown>)[key];
    if (typeof value === 'string' || typeof value === 'number') {
      for (const { field, rank } of end.ends) take(into, field, rank, value);
      const inner = end.ends.length === 0 && typeof value === 'string' ? objectIn(value) : null;
      if (inner !== null) complete = walk(end, inner, into) && complete;
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value) && end.next.size > 0) {
      complete = walk(end, value, into) && complete;
    }
  }
  return complete;
}

/** Some shippers write an object of metadata as the text of it. */
function objectIn(text: string): object | null {
  if (text.charCodeAt(0) !== 123 || text.length > MAX_INNER_CHARS) return null;
  try {
    return JSON.parse(text) as object;
  } catch {
    return null;
  }
}

function step(node: FieldNode, key: string): FieldNode | undefined {
  const direct = node.next.get(key);
  if (direct !== undefined || !key.includes('.')) return direct;
  let at: FieldNode | undefined = node;
  for (const part of partsOf(key)) {
    at = at.next.get(part);
    if (at === undefined) return undefined;
  }
  return at;
}

function partsOf(key: string): readonly string[] {
  let parts = remembered.get(key);
  if (parts === undefined) {
    parts = key.split('.', 16);
    if (remembered.size < MAX_REMEMBERED_KEYS && key.length < 256) remembered.set(key, parts);
  }
  return parts;
}

function take({ values, ranks }: Gathered, number: number, rank: number, value: Scalar): void {
  if (value === '') return;
  if (values[number] !== undefined && rank >= (ranks[number] ?? 0)) return;
  values[number] = value;
  ranks[number] = rank;
}
