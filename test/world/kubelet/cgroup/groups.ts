import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeError } from '../../errors.ts';
import { type CgroupRoot, findCgroupRoot } from './find.ts';
import { type Limits, limitFiles } from './limits.ts';
import { type Usage, usageV1, usageV2 } from './read.ts';

/** One control group, in all hierarchies that it needs. */
export interface Cgroup {
  /** Path below the root of the hierarchies, as cAdvisor's label `id` has it. */
  readonly id: string;
  /** Files into which a process writes `0` to enter. */
  readonly entries: readonly string[];
  child(name: string, limits: Limits): Cgroup;
  usage(): Usage;
  /** Kills what is still inside and removes it with its children; what the kernel has not let go of yet is left to the sweep. */
  remove(): void;
}

export type Cgroups = { readonly top: Cgroup } | { readonly unavailable: string };

/** Names of the groups' folders, one a line, so that a sweep finds them when the world has died. */
export const CGROUP_LIST = 'cgroups';

/** Processors' worth of weight beside the single processes of the machine: a busy neighbour outside must not look like a fault. */
const WORLD_SHARE = 16;

/**
 * Makes the world's own group, named like its folder. Where none can be made, says why: limits then hold nowhere, and a fault that
 * needs one would prove nothing.
 */
export function createCgroups(worldFolder: string, name: string): Cgroups {
  const root = findCgroupRoot(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
  if (root === undefined) return { unavailable: 'no control groups with cpu, cpuacct and memory are mounted here' };
  try {
    if (root.version === 2) enableControllers(root.unified);
    const folders = foldersOf(root, name);
    writeFileSync(join(worldFolder, CGROUP_LIST), `${[...new Set(Object.values(folders))].join('\n')}\n`);
    return { top: createGroup(root.version, folders, `/${name}`, { cpuRequest: WORLD_SHARE }) };
  } catch (error) {
    return { unavailable: `control groups (version ${root.version}) can not be made here: ${describeError(error)}` };
  }
}

interface Folders {
  readonly cpu: string;
  readonly cpuacct: string;
  readonly memory: string;
}

function foldersOf(root: CgroupRoot, name: string): Folders {
  if (root.version === 1) {
    return { cpu: join(root.cpu, name), cpuacct: join(root.cpuacct, name), memory: join(root.memory, name) };
  }
  const folder = join(root.unified, name);
  return { cpu: folder, cpuacct: folder, memory: folder };
}

function enableControllers(folder: string): void {
  writeFileSync(join(folder, 'cgroup.subtree_control'), '+cpu +memory');
}

function createGroup(version: 1 | 2, folders: Folders, id: string, limits: Limits): Cgroup {
  const all = [...new Set(Object.values(folders) as string[])];
  for (const folder of all) mkdirSync(folder, { recursive: true });
  for (const { controller, file, value } of limitFiles(version, limits)) {
    writeFileSync(join(folders[controller], file), value);
  }
  const read = (folder: string) => (file: string) => readOrEmpty(join(folder, file));
  return {
    id,
    entries: all.map((it) => join(it, 'cgroup.procs')),
    child(name, childLimits) {
      if (version === 2) enableControllers(folders.cpu);
      const below = (folder: string) => join(folder, name);
      return createGroup(
        version,
        { cpu: below(folders.cpu), cpuacct: below(folders.cpuacct), memory: below(folders.memory) },
        `${id}/${name}`,
        // A child may not have more than its parent: version 1 refuses it, version 2 lets the parent win.
        { ...childLimits, ...smaller(childLimits.cpuLimit, limits.cpuLimit) },
      );
    },
    usage: () =>
      version === 1
        ? usageV1(read(folders.cpu), read(folders.cpuacct), read(folders.memory))
        : usageV2(read(folders.cpu)),
    remove: () => {
      for (const folder of all) removeGroup(folder);
    },
  };
}

function smaller(own: number | undefined, parent: number | undefined): Limits {
  if (own === undefined) return {};
  return { cpuLimit: parent === undefined ? own : Math.min(own, parent) };
}

/** Children first. A group with processes can not be removed, so they are killed; the next try may find it empty. */
export function removeGroup(folder: string): boolean {
  if (!existsSync(folder)) return true;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroup(join(folder, entry.name));
  }
  for (const pid of readOrEmpty(join(folder, 'cgroup.procs')).split('\n')) {
    if (pid !== '' && pid !== '0') killQuietly(Number(pid));
  }
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
