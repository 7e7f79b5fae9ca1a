import { hash } from 'node:crypto';
import type { FindPattern } from '../ports/log-patterns.ts';

const MAX_CHARS = 512;
const MAX_WORDS = 48;
const MAX_KNOWN = 50_000;
const HAS_DIGIT = /\d/;

/**
 * Patterns by the shape of the first line alone: words that hold a digit vary, all others do not. Coarse, linear, and the same in every
 * process; what a miner learns from the lines that it has seen, this does not.
 */
export function createFirstLinePatterns(): FindPattern {
  const known = new Map<string, string>();
  return (line) => {
    const end = line.indexOf('\n');
    const first = line.slice(0, end === -1 ? MAX_CHARS : Math.min(end, MAX_CHARS));
    const words = first.trim().split(/\s+/, MAX_WORDS);
    const template = words.map((word) => (HAS_DIGIT.test(word) ? '<*>' : word)).join(' ');
    const had = known.get(template);
    if (had !== undefined) return { patternId: had, template, isNew: false };
    if (known.size >= MAX_KNOWN) known.clear();
    const patternId = hash('sha256', template, 'hex').slice(0, 16);
    known.set(template, patternId);
    return { patternId, template, isNew: true };
  };
}
