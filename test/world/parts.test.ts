import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WorldError } from './errors.ts';
import { cacheFolder, findParts, isAtLeast, parseVersion } from './parts.ts';
import { PARTS } from './parts-list.ts';

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

test('the cache follows the environment', () => {
  expect(cacheFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/hale/parts');
  expect(cacheFolder({ HOME: '/home/a' })).toBe('/home/a/.cache/hale/parts');
});
