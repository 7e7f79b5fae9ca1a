import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cgroups, createCgroups } from './cgroup/groups.ts';
import type { Limits } from './cgroup/limits.ts';
import type { Mount } from './launch.ts';
import { createProcessRuntime } from './runtime.ts';

/** Mounting needs the rights of root; the world itself gets them in a user namespace, a test process does not. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  try {
    execFileSync('/usr/bin/unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no mount namespaces';
  }
}

const missing = whyNot();
if (missing !== undefined && process.env['HALE_REQUIRE_PARTS'] === '1') throw new Error(missing);
if (missing !== undefined) process.stderr.write(`skipped: containers with mounts and limits: ${missing}\n`);

let folder: string;
let cgroups: Cgroups;
let runs = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hale-world-'));
  await mkdir(join(folder, 'root'));
  cgroups = createCgroups(folder, basename(folder));
});

afterAll(async () => {
  if ('top' in cgroups) cgroups.top.remove();
  await rm(folder, { recursive: true, force: true });
});

async function run(
  script: string,
  { mounts = [], limits = { cpuRequest: 1 } }: { mounts?: Mount[]; limits?: Limits } = {},
) {
  if (!('top' in cgroups)) throw new Error(cgroups.unavailable);
  const runtime = createProcessRuntime({ cgroup: cgroups.top, rootFolder: join(folder, 'root') });
  runs += 1;
  const logFile = join(folder, `${runs}.log`);
  const started = await runtime.start({
    command: ['sh', '-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    logFile,
    group: { pod: 'pod', container: `c.${runs}`, podCpuRequest: 1 },
    limits,
    mounts,
  });
  const exitCode = await started.exited;
  return { exitCode, log: await readFile(logFile, 'utf8'), started };
}

test.skipIf(missing !== undefined)('mount points that the host does not have leave no trace on it', async () => {
  await mkdir(join(folder, 'v'), { recursive: true });
  await writeFile(join(folder, 'v', 'token'), 'secret');
  const at = `/hale-test-${process.pid}`;
  const mounts = [
    { source: join(folder, 'v'), target: at, readOnly: false },
    { source: join(folder, 'v'), target: `/var/run${at}/inner`, readOnly: true },
  ];

  const { exitCode, log } = await run(
    `cat ${at}/token; echo new > ${at}/written; echo no > /var/run${at}/inner/x || echo refused`,
    { mounts },
  );

  expect(log).toContain('secret');
  expect(log).toContain('refused');
  expect(exitCode).toBe(0);
  expect(await readFile(join(folder, 'v', 'written'), 'utf8')).toBe('new\n');
  expect(existsSync(at) || existsSync(`/var/run${at}`)).toBe(false);
});

test.skipIf(missing !== undefined)('a program that is not there can not be started', async () => {
  const runtime = createProcessRuntime({ cgroup: undefined, rootFolder: join(folder, 'root') });
  const start = runtime.start({
    command: ['/no/such'],
    env: {},
    cwd: '/',
    logFile: join(folder, 'none.log'),
    group: { pod: 'p', container: 'c.0', podCpuRequest: 1 },
    limits: {},
    mounts: [],
  });

  await expect(start).rejects.toThrow('executable file not found');
});

test.skipIf(missing !== undefined)('the memory limit kills, and the group says that it did', async () => {
  const eat = `exec ${process.execPath} -e "const a=[];for(;;)a.push(Buffer.alloc(4e6,1))"`;

  const { exitCode, started } = await run(eat, { limits: { cpuRequest: 1, memoryLimitBytes: 100 * 2 ** 20 } });

  expect(exitCode).toBe(137);
  expect(started.wasOutOfMemory()).toBe(true);
});

test.skipIf(missing !== undefined)('the CPU limit throttles', async () => {
  if (!('top' in cgroups)) throw new Error(cgroups.unavailable);
  const runtime = createProcessRuntime({ cgroup: cgroups.top, rootFolder: join(folder, 'root') });
  const started = await runtime.start({
    command: ['sh', '-c', 'while :; do :; done'],
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    logFile: join(folder, 'busy.log'),
    group: { pod: 'pod', container: 'busy.0', podCpuRequest: 1 },
    limits: { cpuLimit: 0.1 },
    mounts: [],
  });

  let throttled = 0;
  while (throttled < 3) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    throttled = started.figures()?.usage.throttledPeriods ?? 0;
  }
  started.signal('SIGKILL');

  expect(await started.exited).toBe(137);
  expect(started.wasOutOfMemory()).toBe(false);
});
