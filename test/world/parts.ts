import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { buildPart, builtFolder, cacheFolder, type PartsContext } from './build-part.ts';
import { WorldError } from './errors.ts';
import {
  OPTIONAL_PARTS,
  type OptionalPartName,
  type OptionalParts,
  PARTS,
  type PartSpec,
  type Parts,
} from './parts-list.ts';
import { runCommand } from './run-command.ts';

/**
 * Finds every program that each world needs: an archive or program in HALE_PARTS,
 * KUBEBUILDER_ASSETS, PATH, what was built before, or a build of its recipe. Throws `missing-part` with one line that names all that is missing and how to get it.
 */
export async function findParts(context: PartsContext): Promise<Parts> {
  return (await findAll(PARTS, context)) as Parts;
}

/** The programs of the optional parts; throws as above. */
export async function findOptionalParts(
  context: PartsContext,
  needs: readonly OptionalPartName[],
): Promise<OptionalParts> {
  const found: Record<string, Record<string, string>> = {};
  for (const name of needs) found[name] = await findAll(OPTIONAL_PARTS[name], context);
  return found;
}

async function findAll(
  specs: Readonly<Record<string, PartSpec>>,
  context: PartsContext,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  // One after the other: a build makes all programs of its recipe, and the next look-up finds them in the cache.
  for (const [name, spec] of Object.entries(specs)) {
    const path = (await findPart(spec, context)) ?? (await buildPart(spec, context));
    if (path === undefined) missing.push(`${name} (${spec.install})`);
    else found[name] = path;
  }
  if (missing.length > 0) throw new WorldError('missing-part', `missing: ${missing.join('; ')}`);
  return found;
}

export async function findPart(spec: PartSpec, context: PartsContext): Promise<string | undefined> {
  const archives = context.env['HALE_PARTS'];
  if (archives) {
    for (const command of spec.commands) {
      const archive = join(archives, spec.archiveIsFolder ? `${command}.tar.xz` : `${command}.xz`);
      if (await isFile(archive)) return unpack(archive, command, spec.archiveIsFolder ?? false, context);
      const plain = join(archives, command);
      if (await isExecutable(plain)) return plain;
    }
  }
  const folders = [
    ...(context.env['KUBEBUILDER_ASSETS'] ? [context.env['KUBEBUILDER_ASSETS']] : []),
    ...(context.env['PATH'] ?? '').split(delimiter).filter((it) => it !== ''),
    ...(await expandFolders(spec.folders ?? [])),
    ...(spec.recipe ? [await builtFolder(spec.recipe, context)] : []),
  ];
  for (const folder of folders) {
    for (const command of spec.commands) {
      const path = join(folder, command);
      if ((await isExecutable(path)) && (await isNewEnough(path, spec))) return path;
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

async function isNewEnough(path: string, { atLeast: least, versionArgs }: PartSpec): Promise<boolean> {
  if (least === undefined) return true;
  const text = await runCommand(path, versionArgs ?? ['--version']).catch(() => '');
  const version = parseVersion(text);
  // A program that does not tell its version is not trusted to be the right one.
  return version !== undefined && isAtLeast(version, least);
}

async function unpack(archive: string, command: string, isFolder: boolean, context: PartsContext): Promise<string> {
  const { size, mtimeMs } = await stat(archive);
  const target = join(cacheFolder(context.env), `${command}-${size}-${Math.floor(mtimeMs)}`);
  // A folder archive holds one folder of its own name.
  const program = isFolder ? join(target, command, command) : join(target, command);
  if (await isExecutable(program)) return program;
  context.progress.say(`unpacking ${basename(archive)}`);
  // Renamed when complete, so that a run beside this one never starts half a program.
  const partial = `${target}.${process.pid}.part`;
  await mkdir(partial, { recursive: true });
  try {
    if (isFolder) await runCommand('tar', ['-xJf', archive, '-C', partial]);
    else await unpackProgram(archive, join(partial, command));
    await rename(partial, target).catch(async (error: unknown) => {
      if (!(await isExecutable(program))) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return program;
}

async function unpackProgram(archive: string, target: string): Promise<void> {
  const xz = spawn('xz', ['-dc', archive], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = new Promise<number | null>((resolve, reject) => {
    xz.once('error', reject);
    xz.once('close', resolve);
  });
  const [code] = await Promise.all([exit, pipeline(xz.stdout, createWriteStream(target, { mode: 0o755 }))]);
  if (code !== 0)
    throw new WorldError('missing-part', `${archive} cannot be unpacked: xz ended with exit code ${code}`);
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
