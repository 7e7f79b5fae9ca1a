import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

describe('documents', () => {
  it.each(PAGES)('%s links only to what exists', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');

    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, link = '']) => link)
      .filter((link) => !/^https?:/.test(link));
    const broken = links.filter((link) => !existsSync(join(ROOT, dirname(page), link)));

    expect(broken).toEqual([]);
  });

  it.each(PAGES)('%s names only npm commands that exist', (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8');

    const named = [...text.matchAll(/npm (?:run )?([a-z0-9]+)/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'install' && name !== 'package' && name !== 'run' && name !== 'registry');
    const unknown = named.filter((name) => !(name in scripts));

    expect(unknown).toEqual([]);
  });

  it('the README asks for two commands first', () => {
    const text = readFileSync(join(ROOT, 'README.md'), 'utf8');

    const blocks = [...text.matchAll(/```bash\n([^`]+)```/g)].map(([, block = '']) => block.trim());

    expect(blocks.slice(0, 2)).toEqual(['npm start', 'npm test']);
  });
});
