import { hash } from 'node:crypto';
import type { LogPatterns } from '../../ports/log-patterns.ts';

const MAX_CHARS = 512;
const HAS_DIGIT = /\d/;

/** Patterns that a test can foretell: the first line, with each word that holds a digit as `<*>`. */
export function createFirstLinePatterns(): LogPatterns {
  const templates = new Map<string, string>();
  const none = new Map<string, string>();
  return {
    find(line) {
      const first = line.split('\n', 1)[0]?.slice(0, MAX_CHARS) ?? '';
      const words = first.trim().split(/\s+/);
      const template = words.map((word) => (HAS_DIGIT.test(word) ? '<*>' : word)).join(' ');
      const id = hash('sha256', template, 'hex').slice(0, 16);
      templates.set(id, template);
      return id;
    },
    currentId: (id) => id,
    settle: () => undefined,
    joins: () => none,
    describe: (ids) =>
      new Map([...ids].map((id) => [id, { template: templates.get(id) ?? '', firstAt: null, shape: null }] as const)),
  };
}
