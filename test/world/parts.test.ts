import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheFolder } from './build-part.ts';
import { WorldError } from './errors.ts';
import { findOptionalParts, findParts, isAtLeast, parseVersion } from './parts.ts';
import { PARTS } from './parts-list.ts';
import { runCommand } from './run-command.ts';

// Archives are for whoever has HALE_PARTS; where every part has to be there, so has xz.
const hasXz = process.env['HALE_REQUIRE_PARTS'] === '1' || spawnSync('xz', ['--version']).status === 0;
if (!hasXz) console.warn('skipped: no archive is unpacked: xz is missing (apt-get install xz-utils)');

let folder: string;
const progress = { say: () => undefined };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parts-test-'));
});

afterEach(() => rm(folder, { recursive: true }));

async function program(path: string, version: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho 'program, version ${version} (branch: HEAD)'\n`);
  await chmod(path, 0o755);
  return path;
}

test.each([
  { text: 'Kubernetes v1.35.4', version: [1, 35] },
  { text: 'postgres (PostgreSQL) 15.20 (Debian)', version: [15, 20] },
  { text: 'no figures', version: undefined },
])('$text is $version', ({ text, version }) => {
  expect(parseVersion(text)).toEqual(version);
});

test.each([
  { version: [3, 0], least: [3, 0], enough: true },
  { version: [2, 55], least: [3, 0], enough: false },
  { version: [3, 14], least: [2, 55], enough: true },
  { version: [1, 9], least: [1, 32], enough: false },
] as const)('$version is at least $least: $enough', ({ version, least, enough }) => {
  expect(isAtLeast(version, least)).toBe(enough);
});

test('HALE_PARTS goes before PATH, and an old program on PATH is passed over for one in the cache', async () => {
  const archives = join(folder, 'archives');
  const onPath = join(folder, 'path');
  for (const { commands } of Object.values(PARTS)) await program(join(onPath, commands[0]), '99.9');
  await program(join(onPath, 'prometheus'), '2.42.0');
  const prometheus = await program(join(archives, 'prometheus'), '3.14.0');
  const env = { HALE_PARTS: archives, PATH: `${onPath}:/usr/bin:/bin`, XDG_CACHE_HOME: folder };

  const parts = await findParts({ env, progress });

  expect(parts.prometheus).toBe(prometheus);
  expect(parts.etcd).toBe(join(onPath, 'etcd'));
});

test('what is missing is told in one line with what to install', async () => {
  const env = { PATH: join(folder, 'nothing'), XDG_CACHE_HOME: folder };

  const error: unknown = await findParts({ env, progress }).catch((thrown: unknown) => thrown);

  expect(error).toBeInstanceOf(WorldError);
  expect(error).toMatchObject({ code: 'missing-part' });
  const { message } = error as WorldError;
  expect(message).toContain('etcd (run scripts/install-parts.sh as root, or: apt-get install etcd-server)');
  expect(message.split('\n')).toHaveLength(1);
});

test('optional parts are looked for only when they are asked for', async () => {
  const path = join(folder, 'path');
  const redis = await program(join(path, 'redis-server'), '7.0.15');
  const exporter = await program(join(path, 'prometheus-redis-exporter'), '1.0');
  const env = { PATH: `${path}:/usr/bin:/bin`, XDG_CACHE_HOME: folder };

  expect(await findOptionalParts({ env, progress }, [])).toEqual({});
  expect(await findOptionalParts({ env, progress }, ['redis'])).toEqual({
    redis: { 'redis-server': redis, 'redis-exporter': exporter },
  });
  await expect(findOptionalParts({ env: { PATH: folder }, progress }, ['blackbox-exporter'])).rejects.toThrow(
    'missing: blackbox-exporter (run scripts/install-parts.sh',
  );
});

test.skipIf(!hasXz)('an archive of a folder is unpacked once, and the program in it is found', async () => {
  const archives = join(folder, 'archives');
  await program(join(archives, 'gitea', 'gitea'), '1.26.0');
  await writeFile(join(archives, 'gitea', 'page'), 'text');
  await runCommand('tar', ['-cJf', join(archives, 'gitea.tar.xz'), '-C', archives, 'gitea']);
  await rm(join(archives, 'gitea'), { recursive: true });
  const env = { HALE_PARTS: archives, PATH: process.env['PATH'], XDG_CACHE_HOME: join(folder, 'cache') };

  const first = await findOptionalParts({ env, progress }, ['gitea']);
  const second = await findOptionalParts({ env, progress }, ['gitea']);

  expect(first.gitea?.gitea.startsWith(cacheFolder(env))).toBe(true);
  expect(await readFile(join(first.gitea?.gitea ?? '', '../page'), 'utf8')).toBe('text');
  expect(second).toEqual(first);
});

test('the cache follows the environment', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/hale/parts');
  expect(cacheFolder({ HOME: '/home/a' })).toBe('/home/a/.cache/hale/parts');
});
