import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, constants, copyFile, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { WorldError } from './errors.ts';
import { GO_MODULES, type GoModule, PARTS, type PartName, type PartSpec, type Parts } from './parts-list.ts';
import type { Progress } from './progress.ts';
import { runCommand } from './run-command.ts';

export interface PartsContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
}

/**
 * Finds every program of the world: an archive or program in HALE_PARTS, KUBEBUILDER_ASSETS, PATH, what was built before, or a build
 * from the Go modules. Throws `missing-part` with one line that names all that is missing and how to get it.
 */
export async function findParts(context: PartsContext): Promise<Parts> {
  const found: Partial<Record<PartName, string>> = {};
  const missing: string[] = [];
  // One after the other: a build makes all programs of its module, and the next look-up finds them in the cache.
  for (const name of Object.keys(PARTS) as PartName[]) {
    const spec: PartSpec = PARTS[name];
    const path = (await findPart(spec, context)) ?? (await buildPart(spec, context));
    if (path === undefined) missing.push(`${name} (${spec.install})`);
    else found[name] = path;
  }
  if (missing.length > 0) throw new WorldError('missing-part', `missing: ${missing.join('; ')}`);
  return found as Parts;
}

export async function findPart(spec: PartSpec, context: PartsContext): Promise<string | undefined> {
  const archives = context.env['HALE_PARTS'];
  if (archives) {
    for (const command of spec.commands) {
      const archive = join(archives, `${command}.xz`);
      if (await isFile(archive)) return unpack(archive, command, context);
      const plain = join(archives, command);
      if (await isExecutable(plain)) return plain;
    }
  }
  const folders = [
    ...(context.env['KUBEBUILDER_ASSETS'] ? [context.env['KUBEBUILDER_ASSETS']] : []),
    ...(context.env['PATH'] ?? '').split(delimiter).filter((it) => it !== ''),
    ...(await expandFolders(spec.folders ?? [])),
    ...(spec.module ? [await builtFolder(spec.module, context)] : []),
  ];
  for (const folder of folders) {
    for (const command of spec.commands) {
      const path = join(folder, command);
      if ((await isExecutable(path)) && (await isNewEnough(path, spec.atLeast))) return path;
    }
  }
  return undefined;
}

/** First `major.minor` in what the program says of its version. */
export function parseVersion(text: string): readonly [number, number] | undefined {
  const match = /(\d+)\.(\d+)/.exec(text);
  return match ? [Number(match[1]), Number(match[2])] : undefined;
}

export function isAtLeast(version: readonly [number, number], least: readonly [number, number]): boolean {
  return version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1]);
}

async function isNewEnough(path: string, least: readonly [number, number] | undefined): Promise<boolean> {
  if (least === undefined) return true;
  const text = await runCommand(path, ['--version']).catch(() => '');
  const version = parseVersion(text);
  // A program that does not tell its version is not trusted to be the right one.
  return version !== undefined && isAtLeast(version, least);
}

export function cacheFolder(env: PartsContext['env']): string {
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'hale', 'parts');
}

async function unpack(archive: string, command: string, { env, progress }: PartsContext): Promise<string> {
  const { size, mtimeMs } = await stat(archive);
  const target = join(cacheFolder(env), `${command}-${size}-${Math.floor(mtimeMs)}`, command);
  if (await isExecutable(target)) return target;
  progress.say(`unpacking ${basename(archive)}`);
  await mkdir(join(target, '..'), { recursive: true });
  const partial = `${target}.${process.pid}.part`;
  const xz = spawn('xz', ['-dc', archive], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve, reject) => {
    xz.once('error', reject);
    xz.once('close', resolve);
  });
  const [code] = await Promise.all([exit, pipeline(xz.stdout, createWriteStream(partial, { mode: 0o755 }))]);
  if (code !== 0) {
    await rm(partial, { force: true });
    throw new WorldError('missing-part', `${archive} cannot be unpacked: xz ended with exit code ${code}`);
  }
  // Renamed when complete, so that a run beside this one never starts half a program.
  await rename(partial, target);
  return target;
}

async function buildPart(spec: PartSpec, context: PartsContext): Promise<string | undefined> {
  if (spec.module === undefined) return undefined;
  const hasGo = await runCommand('go', ['version'], { env: context.env }).catch(() => undefined);
  if (hasGo === undefined) return undefined;
  const folder = await builtFolder(spec.module, context);
  const { packages, tags, ldflags } = GO_MODULES[spec.module];
  const source = join(folder, 'source');
  await mkdir(source, { recursive: true });
  for (const file of ['go.mod', 'tools.go']) {
    await copyFile(join(import.meta.dirname, 'parts', spec.module, file), join(source, file));
  }
  const { progress } = context;
  const env = { ...context.env, CGO_ENABLED: '0' };
  progress.say(`building ${spec.module} from its Go modules; once, about a quarter of an hour on two processors`);
  let lines = 0;
  const onLine = (line: string) => {
    lines += 1;
    if (lines % 100 === 0) progress.say(`  ${spec.module}: ${lines} steps, now ${line.slice(0, 80)}`);
  };
  await runCommand('go', ['mod', 'tidy'], { cwd: source, env, onLine });
  const built = join(source, 'bin');
  const flags = ['-trimpath', '-v', ...(tags ? ['-tags', tags] : []), '-ldflags', ldflags, '-o', `${built}/`];
  await runCommand('go', ['build', ...flags, ...packages], { cwd: source, env, onLine });
  for (const program of await readdir(built)) await rename(join(built, program), join(folder, program));
  const command = spec.commands[0];
  return command === undefined ? undefined : join(folder, command);
}

/** A folder per module and pinned version; a changed go.mod gives another folder, so nothing old is taken for new. */
async function builtFolder(module: GoModule, { env }: PartsContext): Promise<string> {
  const pins = await readFile(join(import.meta.dirname, 'parts', module, 'go.mod'));
  const digest = createHash('sha256').update(pins).update(GO_MODULES[module].ldflags).digest('hex').slice(0, 12);
  return join(cacheFolder(env), `${module}-${digest}`);
}

async function expandFolders(patterns: readonly string[]): Promise<string[]> {
  const folders: string[] = [];
  for (const pattern of patterns) {
    const [before, after] = pattern.split('*');
    if (before === undefined || after === undefined) {
      folders.push(pattern);
      continue;
    }
    const names = await readdir(before).catch(() => []);
    names.sort((a, b) => Number(b) - Number(a));
    folders.push(...names.map((name) => join(before, name, after)));
  }
  return folders;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

async function isExecutable(path: string): Promise<boolean> {
  const executable = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return executable && (await isFile(path));
}
