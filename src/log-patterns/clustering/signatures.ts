import { keyOf, type Template } from './template.ts';
import { ANY, ANY_TOKEN, ENUMERATED_TOKEN, isEnumerated, isWord, kindOf, LEAN_TOKEN, WORD_TOKEN } from './token.ts';

/** Under fewer words than this, what stands first in a line is its subject and no parameter. */
const LEAST_WORDS_BEHIND_SUBJECT = 3;

/** The columns where something stands that looks like a value; null when no word would be left beside them. */
export function leanColumns({ tokens, kinds }: Template): number[] | null {
  const columns: number[] = [];
  let words = 0;
  for (let column = 0; column < tokens.length; column += 1) {
    const kind = kinds[column] ?? 0;
    if ((kind & LEAN_TOKEN) !== 0 || isValuePlace(tokens, kind, column)) columns.push(column);
    else if ((kind & WORD_TOKEN) !== 0) words += 1;
  }
  const subject = columns[0] === 0 && ((kinds[0] ?? 0) & ANY_TOKEN) === 0 && words < LEAST_WORDS_BEHIND_SUBJECT;
  if (!subject) return words === 0 ? null : columns;
  return ((kinds[0] ?? 0) & WORD_TOKEN) !== 0 || words > 0 ? columns.slice(1) : null;
}

/** Behind `=`, or alone in quotes. */
function isValuePlace(tokens: readonly string[], kind: number, column: number): boolean {
  if ((kind & (WORD_TOKEN | ENUMERATED_TOKEN)) !== WORD_TOKEN) return false;
  const before = tokens[column - 1];
  return before === '=' || (before === '"' && tokens[column + 1] === '"');
}

const LONGEST_UNIT = 6;

/** Repeated units once: `a <*> , <*> , <*>` is `a <*> , <*>`. Lists of different lengths have the same one. */
export function listSignature({ tokens }: Pick<Template, 'tokens'>): string {
  let out = tokens;
  for (let unit = 1; unit <= LONGEST_UNIT; unit += 1) if (holdsRepeats(out, unit)) out = collapse(out, unit);
  return keyOf(out);
}

function holdsRepeats(tokens: readonly string[], unit: number): boolean {
  for (let at = 0; at + 2 * unit <= tokens.length; at += 1) if (repeats(tokens, at, at + unit, unit)) return true;
  return false;
}

function collapse(tokens: readonly string[], unit: number): readonly string[] {
  const out: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    let end = at + unit;
    while (repeats(tokens, at, end, unit)) end += unit;
    const isList = end > at + unit && tokens.slice(at, at + unit).some((token) => token.includes(ANY));
    out.push(...tokens.slice(at, isList ? at + unit : at + 1));
    at = isList ? end : at + 1;
  }
  return out;
}

function repeats(tokens: readonly string[], a: number, b: number, length: number): boolean {
  if (b + length > tokens.length) return false;
  for (let i = 0; i < length; i += 1) if (tokens[a + i] !== tokens[b + i]) return false;
  return true;
}

const LEAST_KEYS = 3;
const LONGEST_VALUE = 8;

/** Of a line of keys with values (`a=1, b=x y`) only the keys, and what is no value. Null for other lines. */
export function keyedSignature({ tokens }: Pick<Template, 'tokens'>): string | null {
  const equals = tokens.filter((token) => token === '=').length;
  if (equals < LEAST_KEYS) return null;
  const parts: string[] = [];
  let keys = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    parts.push(tokens[at] ?? '');
    if (tokens[at] !== '=' || !isWord(tokens[at - 1])) continue;
    const end = endOfValue(tokens, at + 1);
    keys += 1;
    if (end > at + 1 + LONGEST_VALUE) continue;
    const only = end === at + 2 ? (tokens[at + 1] ?? '') : '';
    // What a program chose from a list says what happened; that a value is missing does not.
    parts.push(isEnumerated(only) && only !== 'null' ? only : ANY);
    at = end - 1;
  }
  return keys >= LEAST_KEYS ? keyOf(parts) : null;
}

/** A value ends at a comma or a closing bracket that does not belong to it, or before the next key. */
function endOfValue(tokens: readonly string[], from: number): number {
  let depth = 0;
  let at = from;
  for (; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (token === '(' || token === '[' || token === '{') depth += 1;
    if (token === ')' || token === ']' || token === '}') depth -= 1;
    if (depth < 0) break;
    if (depth === 0 && (token === ',' || token === ';' || (at > from && tokens[at + 1] === '='))) break;
  }
  return at;
}

/** `name : 80` as one parameter, as an address with its port is. */
export function hostSignature({ tokens }: Template): string {
  const parts: string[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const isHost = tokens[at + 1] === ':' && (kindOf(tokens[at + 2] ?? '') & ANY_TOKEN) !== 0 && isWord(tokens[at]);
    parts.push(isHost ? ANY : (tokens[at] ?? ''));
    if (isHost) at += 2;
  }
  return keyOf(parts);
}
