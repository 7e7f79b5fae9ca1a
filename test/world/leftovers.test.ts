import { access, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createWorldFolder, sweepLeftovers } from './leftovers.ts';

let state: string;

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'leftovers-test-'));
});

afterEach(() => rm(state, { recursive: true }));

const env = () => ({ XDG_STATE_HOME: state });
const books = () => join(state, 'hale', 'world');
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

test('a world that runs is left alone, and takes itself off the books', async () => {
  const world = await createWorldFolder(env());

  const swept = await sweepLeftovers(env());
  const during = await exists(world.folder);
  await world.release(false);

  expect(swept).toEqual([]);
  expect(during).toBe(true);
  expect(await exists(world.folder)).toBe(false);
  expect(await readdir(books())).toEqual([]);
});

test('the files of a dead owner go, also when its process id lives on in another process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hale-world-'));
  await mkdir(books(), { recursive: true });
  const record = { pid: process.pid, startTicks: 'long ago', folder };
  await writeFile(join(books(), `${basename(folder)}.json`), JSON.stringify(record));

  const swept = await sweepLeftovers(env());

  expect(swept).toEqual([folder]);
  expect(await exists(folder)).toBe(false);
});

test('a record never leads to the deletion of a folder that no world made', async () => {
  const precious = join(state, 'precious');
  await mkdir(precious);
  await mkdir(books(), { recursive: true });
  await writeFile(join(books(), 'x.json'), JSON.stringify({ pid: 0, startTicks: 'x', folder: precious }));
  await writeFile(join(books(), 'y.json'), 'not JSON');

  const swept = await sweepLeftovers(env());

  expect(swept).toEqual([]);
  expect(await exists(precious)).toBe(true);
  expect(await readdir(books())).toEqual([]);
});

test('kept files outlive the run', async () => {
  const world = await createWorldFolder(env());

  await world.release(true);

  expect(await exists(world.folder)).toBe(true);
  await rm(world.folder, { recursive: true });
});

test('control groups go only if they are named like the folder of the world', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hale-world-'));
  // Folders stand for groups here: the kernel's are folders too, and are removed as such.
  const own = join(state, basename(folder));
  const other = join(state, 'other');
  await mkdir(join(own, 'node-1', 'pod'), { recursive: true });
  await mkdir(other);
  await mkdir(books(), { recursive: true });
  await writeFile(join(folder, 'cgroups'), `${own}\n${other}\n`);
  const record = { pid: process.pid, startTicks: 'long ago', folder };
  await writeFile(join(books(), `${basename(folder)}.json`), JSON.stringify(record));

  await sweepLeftovers(env());

  expect(await exists(own)).toBe(false);
  expect(await exists(other)).toBe(true);
});
