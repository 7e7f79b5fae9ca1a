// The everyday commands. Runs under any Node >= 20, installs what is missing, then goes on under the pinned Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [command = '', ...rest] = process.argv.slice(2);

/** Commands in order; the first that fails ends the run with its exit code. */
const COMMANDS = {
  start: [['src/main.ts', ...(rest.includes('--config') ? ['run'] : ['demo']), ...rest]],
  test: [['node_modules/vitest/vitest.mjs', 'run', ...rest]],
  check: [['scripts/check.ts', ...rest]],
  build: [['scripts/build.ts', ...rest]],
  bench: [['test/bench/main.ts', ...rest]],
  e2e: [['test/world/main.ts', ...rest]],
  world: [['test/world/play/main.ts', ...rest]],
  docs: [['scripts/docs.ts', ...rest]],
};

const steps = COMMANDS[command];
if (!steps) {
  process.stderr.write(`unknown command "${command}"; one of: ${Object.keys(COMMANDS).join(', ')}\n`);
  process.exit(2);
}

install();
// Tools that start `node` by name get the pinned one too.
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}` };
const node = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');
// The terminal sends Ctrl-C to the child as well; this process only waits for it, so that the child can stop cleanly.
let child;
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child?.kill(signal));
process.on('SIGINT', () => {});
for (const step of steps) {
  const status = await new Promise((resolve) => {
    child = spawn(node, step, { cwd: root, stdio: 'inherit', env });
    child.once('error', (error) => resolve((process.stderr.write(`${error.message}\n`), 1)));
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  if (status !== 0) process.exit(status);
}

/**
 * `npm install` when node_modules does not match the lock; a lock that the install changes is an error. Optional packages are left out of
 * the comparison: npm names the binaries of every platform that the registry of the day serves, and drops those that it does not.
 */
function install() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  const stamp = join(root, 'node_modules', '.hale-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('installing the dependencies (once; about a minute) ...\n');
  const result = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  const written = readFileSync(join(root, 'package-lock.json'));
  if (!isDeepStrictEqual(requiredPackages(written), requiredPackages(lock))) {
    process.stderr.write('npm install changed package-lock.json: commit the new lock, or restore package.json\n');
    process.exit(1);
  }
  if (!written.equals(lock)) writeFileSync(join(root, 'package-lock.json'), lock);
  writeFileSync(stamp, wanted);
}

/** What a lock says of the packages that every platform gets. */
function requiredPackages(lock) {
  const { packages } = JSON.parse(lock);
  return Object.fromEntries(Object.entries(packages).filter(([, entry]) => !entry.optional));
}
