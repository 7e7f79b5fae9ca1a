import { mayBeGeneral, parameterColumns } from './clustering/families.ts';
import { sameWithout, sumWithout } from './clustering/fingerprint.ts';
import { keyedSignature, listSignature } from './clustering/signatures.ts';
import { keyOf, type Template } from './clustering/template.ts';

/** Sets of columns with parameters that are tried for a line that is not known, per number of tokens. */
const MOST_SHAPES = 64;

interface Shape {
  readonly columns: readonly number[];
  /** By the sum of the rest. */
  readonly patterns: Map<number, number>;
}

interface Matched extends Template {
  /** Lines of several lengths belong to it. */
  readonly varied: boolean;
}

/** Finds the pattern of a line whose words are not known yet: the same words, or others in the places of parameters. */
export interface Matcher {
  /** The number of the pattern, or -1. */
  find(template: Template): number;
  add(template: Template, pattern: number): void;
}

export function createMatcher(patterns: readonly Matched[]): Matcher {
  const exact = new Map<string, number>();
  const bySignature = new Map<string, number>();
  const shapes = new Map<number, Map<string, Shape>>();

  for (const [pattern, matched] of patterns.entries()) {
    exact.set(keyOf(matched.tokens), pattern);
    addShape(matched, pattern);
    if (!matched.varied) continue;
    bySignature.set(listSignature(matched), pattern);
    const keyed = keyedSignature(matched);
    if (keyed !== null) bySignature.set(keyed, pattern);
  }

  function addShape({ tokens, kinds, print }: Template, pattern: number): void {
    const columns = parameterColumns(kinds);
    if (columns.length === 0 || !mayBeGeneral(kinds, columns)) return;
    const ofLength = shapes.get(tokens.length) ?? new Map<string, Shape>();
    shapes.set(tokens.length, ofLength);
    const name = columns.join();
    if (ofLength.size >= MOST_SHAPES && !ofLength.has(name)) return;
    const shape = ofLength.get(name) ?? { columns, patterns: new Map<number, number>() };
    ofLength.set(name, shape);
    shape.patterns.set(sumWithout(print, columns), pattern);
  }

  function find(template: Template): number {
    const known = exact.get(keyOf(template.tokens));
    if (known !== undefined) return known;
    const general = findGeneral(template);
    if (general >= 0 || bySignature.size === 0) return general;
    const keyed = keyedSignature(template);
    return bySignature.get(listSignature(template)) ?? (keyed === null ? -1 : (bySignature.get(keyed) ?? -1));
  }

  function findGeneral({ tokens, kinds, print }: Template): number {
    for (const { columns, patterns: known } of shapes.get(tokens.length)?.values() ?? []) {
      const pattern = known.get(sumWithout(print, columns));
      if (pattern === undefined || !mayBeGeneral(kinds, columns)) continue;
      if (sameWithout(tokens, patterns[pattern]?.tokens ?? [], columns)) return pattern;
    }
    return -1;
  }

  return { find, add: ({ tokens }, pattern) => void exact.set(keyOf(tokens), pattern) };
}
