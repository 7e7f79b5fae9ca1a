import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadRules, type RuleFile } from '../../src/simulation/prometheus/rules.ts';
import { findPart } from '../world/parts.ts';

const FOLDER = join(import.meta.dirname, '../../rules/alerts');
const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
const ruleFiles = files.filter((file) => !file.endsWith('.test.yaml'));
const read = (file: string) => parse(readFileSync(join(FOLDER, file), 'utf8')) as RuleFile;

const promtool = await findPart(
  { commands: ['promtool'], install: 'apt-get install prometheus' },
  { env: process.env, progress: { say: (line) => console.error(line) } },
);
if (promtool === undefined) {
  const why = 'alert rules: promtool is missing (apt-get install prometheus)';
  if (process.env['HALE_REQUIRE_PARTS'] === '1') throw new Error(why);
  console.error(`${why}; its tests are not run`);
}

describe.each(ruleFiles)('%s', (file) => {
  const rules = read(file).groups.flatMap((group) => group.rules);

  it('can be read by the simulated Prometheus', () => {
    expect(loadRules([read(file)], 15_000).flatMap((group) => group.rules)).toHaveLength(rules.length);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s says what it is, how bad, and what to do',
    (_, rule) => {
      expect(rule.labels).toHaveProperty('severity');
      for (const text of ['summary', 'description', 'runbook']) expect(rule.annotations?.[text]).toBeTruthy();
    },
  );

  it.each(
    rules
      .filter((rule) => rule.annotations?.summary?.includes('$labels.pod'))
      .map((rule) => [rule.alert, rule] as const),
  )('%s keeps the labels by which Hale finds the workload', (_, rule) => {
    const aggregations = String(rule.expr).match(/\bby \(([^)]*)\)/g) ?? [];

    expect(aggregations.length).toBeGreaterThan(0);
    expect(aggregations.filter((by) => !by.startsWith('by (namespace, pod'))).toEqual([]);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s never takes the exporter of an object for the object',
    (_, rule) => {
      // Without honor_labels the labels namespace and pod are those of the exporter's own pod.
      const selectors = String(rule.expr).match(/\b(kube|kubelet|container)_\w+(\{[^}]*\})?/g) ?? [];

      expect(selectors.filter((selector) => !selector.includes('exported_namespace=""'))).toEqual([]);
    },
  );

  it('has tests for promtool', () => {
    expect(files).toContain(file.replace('.yaml', '.test.yaml'));
  });

  it.skipIf(promtool === undefined)('passes its tests in promtool', () => {
    const output = execFileSync(promtool ?? '', ['test', 'rules', file.replace('.yaml', '.test.yaml')], {
      cwd: FOLDER,
      encoding: 'utf8',
      stdio: 'pipe',
    });

    expect(output).toContain('SUCCESS');
  });
});
