import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const DEPCRUISE = join(ROOT, 'node_modules/.bin/depcruise');

/** One planted violation of each kind of arrow: the file, what it imports, the rule that must bite. */
const PLANTED = [
  { rule: 'arrow-domain', file: 'src/domain/planted.ts', imports: '../ports/clock.ts' },
  { rule: 'arrow-ports', file: 'src/ports/planted.ts', imports: '../plugin/gate.ts' },
  { rule: 'arrow-plugin', file: 'src/plugin/planted.ts', imports: '../gates/index.ts' },
  { rule: 'arrow-gates', file: 'src/gates/planted.ts', imports: '../workflow/tick.ts' },
  { rule: 'arrow-policies', file: 'src/policies/planted.ts', imports: '../gates/index.ts' },
  { rule: 'arrow-verification', file: 'src/verification/planted.ts', imports: '../workflow/tick.ts' },
  { rule: 'arrow-workflow', file: 'src/workflow/planted.ts', imports: '../http/index.ts' },
  { rule: 'arrow-intake', file: 'src/intake/planted.ts', imports: '../workflow/tick.ts' },
  { rule: 'arrow-operations', file: 'src/operations/planted.ts', imports: '../cli/index.ts' },
  { rule: 'arrow-simulation', file: 'src/simulation/planted.ts', imports: '../workflow/tick.ts' },
  { rule: 'arrow-detectors', file: 'detectors/latency-spike/planted.ts', imports: '../../src/workflow/tick.ts' },
  { rule: 'detectors-stand-alone', file: 'detectors/latency-spike/planted.ts', imports: '../pool-exhaustion/index.ts' },
  {
    rule: 'detectors-never-write',
    file: 'detectors/latency-spike/planted.ts',
    imports: '../../src/plugin/remediation.ts',
  },
  { rule: 'detectors-only-by-app', file: 'src/workflow/planted.ts', imports: '../../detectors/index.ts' },
  { rule: 'arrow-remediations', file: 'remediations/scale-workload/planted.ts', imports: '../../src/gates/index.ts' },
  { rule: 'adapters-only-by-app', file: 'src/workflow/planted.ts', imports: '../adapters/sqlite/index.ts' },
  { rule: 'arrow-adapters', file: 'src/adapters/sqlite/planted.ts', imports: '../../workflow/tick.ts' },
  { rule: 'sdk-kubernetes-client-node', file: 'src/workflow/planted.ts', imports: '@kubernetes/client-node' },
  { rule: 'sdk-undici', file: 'src/intake/planted.ts', imports: 'undici' },
  { rule: 'sdk-node-sqlite', file: 'src/workflow/planted.ts', imports: 'node:sqlite' },
  { rule: 'main-is-thin', file: 'src/main.ts', imports: './workflow/tick.ts' },
  { rule: 'product-without-tests', file: 'src/domain/planted.ts', imports: './workload-series.test.ts' },
] as const;

let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'hale-boundaries-'));
  for (const path of ['src', 'detectors', 'remediations', 'package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const { file, imports } of PLANTED) {
    const path = join(copy, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      `import * as planted${Math.abs(hash(imports))} from '${imports}';\nvoid planted${Math.abs(hash(imports))};\n`,
      { flag: 'a' },
    );
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Every module is read, beside all the other tests. */
const SLOW_MS = 60_000;

describe('import boundaries', () => {
  it('hold in the code as it is, over every module', { timeout: SLOW_MS }, () => {
    const output = execFileSync(
      DEPCRUISE,
      ['--config', '.dependency-cruiser.mjs', 'src', 'detectors', 'remediations'],
      { cwd: ROOT, encoding: 'utf8' },
    );

    expect(Number(/\((\d+) modules/.exec(output)?.[1])).toBeGreaterThan(100);
  });

  it('bite on a planted violation of each kind', { timeout: SLOW_MS }, () => {
    const run = spawnSync(
      DEPCRUISE,
      ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'detectors', 'remediations'],
      { cwd: copy, encoding: 'utf8', maxBuffer: 1 << 28 },
    );
    const report = JSON.parse(run.stdout) as { summary: { violations: { from: string; rule: { name: string } }[] } };

    const bitten = new Set(report.summary.violations.map((violation) => `${violation.rule.name} ${violation.from}`));
    const missed = PLANTED.filter(({ rule, file }) => !bitten.has(`${rule} ${file}`)).map(
      ({ rule, file }) => `${rule} ${file}`,
    );
    expect(missed).toEqual([]);
  });
});

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (value * 31 + char.charCodeAt(0)) | 0;
  return value;
}
