import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CGROUP_LIST, removeGroup } from './kubelet/cgroup/groups.ts';

/** A world that runs or ran: who owns it and where its files are. Process ids come back, so the start time goes with it. */
interface RunRecord {
  readonly pid: number;
  readonly startTicks: string;
  readonly folder: string;
}

export interface WorldFolder {
  readonly folder: string;
  /** Takes the world off the books; deletes its files unless they are to be kept. */
  release(keep: boolean): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

function stateFolder(env: Env): string {
  return join(env['XDG_STATE_HOME'] || join(env['HOME'] || homedir(), '.local', 'state'), 'hale', 'world');
}

/** Makes the temporary folder of a new world and writes down whose it is. */
export async function createWorldFolder(env: Env): Promise<WorldFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'hale-world-'));
  // Others may pass through but not look around: the user postgres has its files below.
  await chmod(folder, 0o711);
  const books = stateFolder(env);
  await mkdir(books, { recursive: true });
  const record: RunRecord = { pid: process.pid, startTicks: startTicks(process.pid) ?? '', folder };
  const file = join(books, `${basename(folder)}.json`);
  await writeFile(file, JSON.stringify(record));
  return {
    folder,
    async release(keep) {
      await sweepCgroups(folder);
      if (!keep) await rm(folder, { recursive: true, force: true });
      await rm(file, { force: true });
    },
  };
}

/**
 * Deletes the files and control groups of runs whose owner is dead; returns their folders. Their processes need no sweeping: they live in a process namespace
 * that the kernel empties when its first process dies.
 */
export async function sweepLeftovers(env: Env): Promise<readonly string[]> {
  const books = stateFolder(env);
  const swept: string[] = [];
  for (const name of await readdir(books).catch(() => [])) {
    const file = join(books, name);
    const record = await readFile(file, 'utf8')
      .then((text) => JSON.parse(text) as RunRecord)
      .catch(() => undefined);
    if (record !== undefined && startTicks(record.pid) === record.startTicks) continue;
    // Only a folder that a world made may be deleted, whatever the record says.
    if (record !== undefined && basename(record.folder).startsWith('hale-world-')) {
      await sweepCgroups(record.folder);
      await rm(record.folder, { recursive: true, force: true });
      swept.push(record.folder);
    }
    await rm(file, { force: true });
  }
  return swept;
}

/** Control groups outlive the processes in them, so a world writes down which ones are its own; all are named like its folder. */
async function sweepCgroups(folder: string): Promise<void> {
  const list = await readFile(join(folder, CGROUP_LIST), 'utf8').catch(() => '');
  for (const group of list.split('\n')) if (basename(group) === basename(folder)) removeGroup(group);
}

/** Start time of a process in clock ticks since boot (field 22 of /proc/PID/stat, see proc(5)), or undefined when it is gone. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses and may hold spaces; the third starts after the last parenthesis.
    return stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .at(19);
  } catch {
    return undefined;
  }
}
