import { createHash } from 'node:crypto';
import { keyOf } from './clustering/template.ts';

/** The same template has the same id, on every replica and after every restart: 16 hexadecimal digits. */
export function patternIdOf(tokens: readonly string[]): string {
  return createHash('sha256').update(keyOf(tokens)).digest('hex').slice(0, 16);
}
