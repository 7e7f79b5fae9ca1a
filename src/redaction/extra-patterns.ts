import { HaleError } from '../domain/errors.ts';
import type { SecretPattern } from './patterns.ts';

/** A pattern that the operator adds: what it finds becomes `<redacted:NAME>`. */
export interface ExtraPattern {
  readonly name: string;
  readonly pattern: string;
}

/** Ways in which one position of the text may be tried: bounds the work to this many steps a character. */
const MAX_WAYS = 1_024;
const LONGEST_MATCH = 1_024;
const SHORTEST_MATCH = 3;
const NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** One piece of the accepted language, with its optional quantifier. */
const ATOM =
  /(?:\\[dDwWsbtn\\.^$*+?()[\]{}|/-]|\[\^?(?:\\[dwsbtn\\\]^/-]|[^\]\\])+\]|[^\\^$*+?()[\]{}|])(\{(\d{1,3})(?:,(\d{0,3}))?\}|[*+?])?/y;

/**
 * Compiles patterns of a small language in which no text can make matching slow: literal characters, classes, \d \w \s \b, and counts with an
 * upper bound. No groups, alternatives, look-around or back-references; two alternatives are two patterns. Errors: config-invalid.
 */
export function compileExtraPatterns(patterns: readonly ExtraPattern[]): readonly SecretPattern[] {
  return patterns.map(({ name, pattern }) => {
    const problem = NAME.test(name) ? findProblem(pattern) : 'the name must be kebab-case, at most 31 characters';
    if (problem !== null) {
      throw new HaleError('config-invalid', `redaction pattern ${JSON.stringify(name)}: ${problem}`, {
        details: { name },
      });
    }
    return { kind: name, pattern: new RegExp(pattern, 'g') };
  });
}

/** Why the pattern is not accepted, for a person; null when it is. */
export function findProblem(pattern: string): string | null {
  if (pattern.length > 256) return 'longer than 256 characters';
  let ways = 1;
  let shortest = 0;
  let longest = 0;
  ATOM.lastIndex = 0;
  while (ATOM.lastIndex < pattern.length) {
    const at = ATOM.lastIndex;
    const found = ATOM.exec(pattern);
    if (found === null) {
      return `character ${at + 1} (${JSON.stringify(pattern[at])}) is outside what is allowed: literals, [classes], \\d \\w \\s \\b and {n,m}; no groups, |, ^ or $`;
    }
    const [atom, quantifier, low, high] = found;
    if (quantifier === '*' || quantifier === '+' || high === '') {
      return `${JSON.stringify(atom)} has no upper bound; write one, such as {1,40}`;
    }
    const wordBoundary = atom.startsWith('\\b');
    const least = quantifier === '?' ? 0 : Number(low ?? 1);
    const most = quantifier === '?' ? 1 : Number(high ?? low ?? 1);
    if (most < least) return `${JSON.stringify(atom)}: the upper bound is below the lower one`;
    ways *= most - least + 1;
    if (!wordBoundary) shortest += least;
    longest += most;
  }
  if (ways > MAX_WAYS)
    return `its counts allow ${ways} ways to match at one place, at most ${MAX_WAYS} are allowed; narrow the {n,m}`;
  if (longest > LONGEST_MATCH) return `it can match more than ${LONGEST_MATCH} characters; lower the {n,m}`;
  if (shortest < SHORTEST_MATCH)
    return `it can match fewer than ${SHORTEST_MATCH} characters, so it would hit everything`;
  return compiles(pattern);
}

function compiles(pattern: string): string | null {
  try {
    return new RegExp(pattern).test('') ? 'it matches the empty text' : null;
  } catch (error) {
    return `not a regular expression: ${error instanceof Error ? error.message : String(error)}`;
  }
}
