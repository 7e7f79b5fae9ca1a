import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from './index.ts';

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

describe('the map of remediations', () => {
  it('has exactly the folders on disk', () => {
    expect([...REMEDIATIONS.keys()].sort()).toEqual(folders.sort());
  });

  it.each(folders)('%s has its parts', (folder) => {
    const parts = ['index.ts', 'schema.ts', 'README.md'].filter(
      (part) => !existsSync(`${import.meta.dirname}/${folder}/${part}`),
    );

    expect(parts).toEqual([]);
  });
});
