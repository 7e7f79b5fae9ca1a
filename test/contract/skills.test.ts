import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SKILLS } from '../../skills/index.ts';

const FOLDER = join(import.meta.dirname, '../../skills');
const folders = readdirSync(FOLDER).filter((name) => !name.endsWith('.ts'));

describe('skills', () => {
  it('are those that have a folder', () => {
    expect([...SKILLS.keys()].toSorted()).toEqual(folders.toSorted());
  });

  // https://agentskills.io: name as the folder, at most 64 characters; a description of at most 1,024 that says what and when.
  it.each(folders)('%s has a SKILL.md in the open form', (folder) => {
    const text = readFileSync(join(FOLDER, folder, 'SKILL.md'), 'utf8');
    const [, head = ''] = /^---\n([\s\S]*?)\n---\n/.exec(text) ?? [];
    const { name, description } = z.object({ name: z.string(), description: z.string() }).parse(parse(head));

    expect(name).toBe(folder);
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(description.length).toBeLessThanOrEqual(1_024);
    expect(description).toMatch(/Use it when/);
    expect(text.split('\n').length).toBeLessThan(500);
  });

  it.each([...SKILLS.values()])(
    '$id takes an object whose properties say what they are, and refuses others',
    (skill) => {
      const schema = z.toJSONSchema(skill.input, { io: 'input' });

      expect(schema.type).toBe('object');
      for (const property of Object.values(schema.properties ?? {})) expect(property).toHaveProperty('description');
      expect(skill.input.safeParse({ 'no-such-property': 1 }).success).toBe(false);
      expect(existsSync(join(FOLDER, skill.id, 'index.ts'))).toBe(true);
    },
  );
});
