import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { referencePages } from '../../scripts/reference.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');

describe('generated pages', () => {
  it.each([...referencePages()])('%s is as `npm run docs` writes it', (path, text) => {
    expect(readFileSync(join(DOCS, path), 'utf8')).toBe(text);
  });
});
