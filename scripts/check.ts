// Types, lint, format, import boundaries, dead code: everything that can be said about the code without running it.
import { spawn } from 'node:child_process';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** What the output must show, so that a check that looked at nothing fails. */
  readonly expect?: { readonly pattern: RegExp; readonly atLeast: number };
}

const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'lint',
    command: ['oxlint', '--type-aware', '--deny-warnings'],
    expect: { pattern: /on (\d+) files/, atLeast: 100 },
  },
  {
    name: 'format',
    command: ['biome', 'check', '--error-on-warnings'],
    expect: { pattern: /Checked (\d+) files/, atLeast: 100 },
  },
  {
    name: 'boundaries',
    command: ['depcruise', '--config', '.dependency-cruiser.mjs', 'src', 'detectors', 'remediations'],
    expect: { pattern: /\((\d+) modules/, atLeast: 100 },
  },
  { name: 'dead code', command: ['knip', '--no-progress'] },
];

let failed = 0;
for (const check of CHECKS) {
  const started = performance.now();
  const problem = await run(check);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${problem === null ? 'ok    ' : 'FAILED'} ${check.name} (${seconds} s)\n`);
  if (problem !== null) {
    failed += 1;
    process.stdout.write(`${problem}\n`);
  }
}
process.stdout.write(`${CHECKS.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;

/** Null when the check passed, else what it printed. */
async function run({ command, expect }: Check): Promise<string | null> {
  const [tool = '', ...args] = command;
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const child = spawn(`node_modules/.bin/${tool}`, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (status) => resolve({ code: status ?? 1, output: text }));
  });
  if (code !== 0) return output;
  if (expect === undefined) return null;
  const seen = Number(expect.pattern.exec(output)?.[1] ?? 0);
  return seen >= expect.atLeast ? null : `looked at ${seen} files, expected at least ${expect.atLeast}:\n${output}`;
}
