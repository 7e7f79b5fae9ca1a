import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { skillOffers } from '../../src/app/skills.ts';
import { type CliDeps, runCli } from '../../src/cli/index.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
].map((page) => ({ page, text: readFileSync(join(ROOT, page), 'utf8') }));
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
/** What npm itself understands, beside the scripts. */
const OF_NPM = ['install', 'package', 'run', 'registry'];

function linksOf(text: string): { file: string; anchor: string }[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link))
    .map((link) => ({ file: link.split('#')[0] ?? '', anchor: link.split('#')[1] ?? '' }));
}

/** Anchors of the headings, as GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, block = '']) => block);
}

/** Command lines of `hale` in shell blocks and in backticks; arguments are cut at the first capital letter, quote or comment. */
function haleCommands(text: string): string[][] {
  const lines = blocksOf(text, 'bash').flatMap((block) => block.split('\n'));
  const inline = [...text.matchAll(/`(hale [^`]+)`/g)].map(([, line = '']) => line);
  return [...lines, ...inline]
    .filter((line) => /^hale [a-z]/.test(line))
    .map((line) => line.split('#')[0]?.trim().split(/\s+/).slice(1) ?? []);
}

/** The help of a command, or what the command line has against the words. */
async function helpOf(words: readonly string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const say = (more: string) => {
    text += more;
  };
  const never = () => Promise.reject(new Error('only help is asked for'));
  const deps: CliDeps = {
    env: {},
    screen: { color: false, width: 200 },
    out: say,
    error: say,
    version: '0',
    run: never,
    demo: never,
    check: never,
    skills: skillOffers(),
    streamSkill: never,
    testRules: never,
    freezeByConfigMap: never,
  };
  return { code: await runCli([...words, '--help'], deps), text };
}

describe('documents', () => {
  it.each(PAGES)('$page links only to what exists', ({ page, text }) => {
    const links = linksOf(text);

    const broken = links.filter(({ file, anchor }) => {
      const target = file === '' ? join(ROOT, page) : join(ROOT, dirname(page), file);
      if (!existsSync(target)) return true;
      return anchor !== '' && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });

    expect(broken).toEqual([]);
  });

  it.each(PAGES)('$page names only npm commands that exist', ({ text }) => {
    const named = [...text.matchAll(/\bnpm (?:run )?([a-z0-9]+)/g)].map(([, name = '']) => name);

    const unknown = named.filter((name) => !OF_NPM.includes(name) && !(name in scripts));

    expect(unknown).toEqual([]);
  });

  it.each(PAGES)('$page names only commands and options of hale that exist', async ({ text }) => {
    const wrong: string[] = [];
    for (const words of haleCommands(text)) {
      const path = words.slice(0, ['rules', 'autonomy'].includes(words[0] ?? '') ? 2 : 1);
      const { code, text: help } = await helpOf(path);
      const options = words.filter((word) => word.startsWith('--'));
      if (code !== 0 || !help.includes(`Usage: hale ${path.join(' ')}`)) wrong.push(words.join(' '));
      wrong.push(...options.filter((option) => !help.includes(option)).map((option) => `${path.join(' ')} ${option}`));
    }

    expect(wrong).toEqual([]);
  });

  it.each(PAGES)('$page shows only YAML that can be read', ({ text }) => {
    const documents = blocksOf(text, 'yaml').flatMap((block) => parseAllDocuments(block));

    expect(documents.flatMap((document) => ('errors' in document ? document.errors : []))).toEqual([]);
  });

  it('the README asks for two commands first', () => {
    const blocks = blocksOf(PAGES[0]?.text ?? '', 'bash').map((block) => block.trim());

    expect(blocks.slice(0, 2)).toEqual(['npm start', 'npm test']);
  });
});

describe('the checks of documents', () => {
  it('find the command lines, and refuse what does not exist', async () => {
    const commands = haleCommands('```bash\nhale why ID # the reasons\n```\nand `hale frobnicate --now`');

    const [known, unknown] = await Promise.all(commands.map(([name = '']) => helpOf([name])));

    expect(commands).toEqual([
      ['why', 'ID'],
      ['frobnicate', '--now'],
    ]);
    expect(known?.text).toContain('Usage: hale why');
    expect(unknown?.text).not.toContain('Usage: hale frobnicate');
  });

  it('know the anchors of headings', () => {
    expect(anchorsOf('# Who may send, who may ask\n## When `hale` is down')).toEqual([
      'who-may-send-who-may-ask',
      'when-hale-is-down',
    ]);
  });
});
