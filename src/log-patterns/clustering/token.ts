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

const SEPARATORS: ReadonlySet<string> = new Set('=:,;()[]{}<>"\'|`');
const KEYWORDS: ReadonlySet<string> = new Set('true false null none nil yes no on off True False None'.split(' '));
const LONGEST_KEYWORD = 5;

/** What a token is, as bits. One pass over its characters. */
export function kindOf(token: string): number {
  if (token === ANY) return ANY_TOKEN | LEAN_TOKEN;
  if (token.length === 1 && SEPARATORS.has(token)) return SEPARATOR_TOKEN;
  if (token.length <= LONGEST_KEYWORD && KEYWORDS.has(token)) return WORD_TOKEN | ENUMERATED_TOKEN | KEYWORD_TOKEN;
  let [letters, capitals, underscores, marks, masked, dots] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < token.length; i += 1) {
    const code = token.charCodeAt(i);
    if (code >= 97 && code <= 122) letters += 1;
    else if (code >= 65 && code <= 90) capitals += 1;
    else if (code > 127) letters += 1;
    else if (code === 95) underscores += 1;
    else if (code === 60 && token.startsWith(ANY, i)) {
      masked += 1;
      i += ANY.length - 1;
    } else if (code === 46) dots += isLetter(token.charCodeAt(i - 1)) && isLetter(token.charCodeAt(i + 1)) ? 1 : 0;
    else if (code === 47 || code === 92 || code === 64 || code === 126) marks += 1;
  }
  const length = token.length - masked * ANY.length;
  const word = letters + capitals > 0 ? WORD_TOKEN : 0;
  const atEnd = masked === 0 || (masked === 1 && token.endsWith(ANY));
  if (letters === 0 && capitals > 0 && capitals + underscores === length && atEnd && isLetter(token.charCodeAt(0)))
    return word | ENUMERATED_TOKEN;
  if (isNameOfError(token)) return word;
  // A name with a number, such as an interface, is as much a word as one without.
  if (masked === 1 && letters + capitals === length && isLetter(token.charCodeAt(0))) return word;
  const parts = word !== 0 && (dots > 0 || marks > 0) && !token.endsWith('()');
  return masked > 0 || parts ? word | LEAN_TOKEN : word;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Which kind of error it was is what a reader wants to know. */
function isNameOfError(token: string): boolean {
  return token.endsWith('Exception') || token.endsWith('Error') || token.endsWith('Failure');
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
