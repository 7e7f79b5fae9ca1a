/** Stands in a template where lines differ. */
export const ANY = '<*>';

export const SEPARATOR_TOKEN = 1;
/** Holds a letter: says something. */
export const WORD_TOKEN = 2;
/** Looks like a value by itself: masked, or put together of several parts as names of hosts, files and classes are. */
export const LEAN_TOKEN = 4;
/** One out of a short list that a program knows: `NEW`, `true`, `null`. */
export const ENUMERATED_TOKEN = 8;
export const ANY_TOKEN = 16;
/** One out of those that stand for themselves in every program: `true`, `null`. */
export const KEYWORD_TOKEN = 32;

const SEPARATOR = /^[=:,;()[\]{}<>"'|`]$/;
const CAPITALS = /^[A-Z][A-Z_]*(?:<\*>)?$/;
const KEYWORD = /^(?:true|false|null|none|nil|yes|no|on|off|True|False|None)$/;
/** A name with a number, such as an interface, is as much a word as one without. */
const NUMBERED_NAME = /^[A-Za-z]+<\*>[A-Za-z]*$/;
/** Which kind of error it was is what a reader wants to know. */
const NAME_OF_ERROR = /(?:Exception|Error|Failure)$/;
const PARTS = /[a-zA-Z]\.[a-zA-Z]|[/\\@~]/;
const LETTER = /[A-Za-z\u0080-\uffff]/;
const MOST_REMEMBERED = 50_000;
/** A longer piece of a text may keep the whole text in memory. */
const LONGEST_REMEMBERED = 12;

// Tokens come again and again; what each is, is found out once. All patterns here look at a token in one pass.
const known = new Map<string, number>();

/** What a token is, as bits. */
export function kindOf(token: string): number {
  if (token.length > LONGEST_REMEMBERED) return look(token);
  const found = known.get(token);
  if (found !== undefined) return found;
  if (known.size >= MOST_REMEMBERED) known.clear();
  const kind = look(token);
  known.set(token, kind);
  return kind;
}

function look(token: string): number {
  if (token === ANY) return ANY_TOKEN | LEAN_TOKEN;
  if (SEPARATOR.test(token)) return SEPARATOR_TOKEN;
  const word = LETTER.test(token) ? WORD_TOKEN : 0;
  if (KEYWORD.test(token)) return word | ENUMERATED_TOKEN | KEYWORD_TOKEN;
  if (CAPITALS.test(token)) return word | ENUMERATED_TOKEN;
  if (NAME_OF_ERROR.test(token) || NUMBERED_NAME.test(token)) return word;
  const lean = token.includes(ANY) || (word !== 0 && PARTS.test(token) && !token.endsWith('()'));
  return lean ? word | LEAN_TOKEN : word;
}

export function isWord(token: string | undefined): boolean {
  return token !== undefined && (kindOf(token) & WORD_TOKEN) !== 0;
}

export function isLean(token: string): boolean {
  return (kindOf(token) & LEAN_TOKEN) !== 0;
}

export function isEnumerated(token: string): boolean {
  return (kindOf(token) & ENUMERATED_TOKEN) !== 0;
}
