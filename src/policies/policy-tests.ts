import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LoadedPolicy } from '../domain/policy.ts';
import { CauseReason } from '../domain/reason.ts';
import { NO_RESOURCES } from '../ports/cluster.ts';
import { NO_POLICY } from './check-policy.ts';
import { filesOf, loadPolicies, POLICY_TEST_FILE, type PolicySources } from './load-policies.ts';
import { matchPolicies } from './match-policies.ts';
import { type PolicyProblem, policyError, problemsOf } from './problems.ts';
import { readYamlText } from './yaml-text.ts';

const Text = z.string().min(1);

/** One row: a cause on a workload, and which policy is to answer it first. */
const PolicyCase = z.strictObject({
  name: Text,
  cause: z.strictObject({
    reason: CauseReason,
    confidence: z.number().min(0).max(1).default(1),
    figures: z.record(z.string(), z.number()).default({}),
  }),
  workload: z
    .strictObject({
      namespace: Text.default('default'),
      kind: Text.default('Deployment'),
      name: Text.default('app'),
      replicas: z.number().int().nonnegative().nullable().default(1),
      labels: z.record(z.string(), z.string()).default({}),
      annotations: z.record(z.string(), z.string()).default({}),
      /** Names of its containers. */
      containers: z.array(Text).default(['app']),
    })
    .prefault({}),
  /** `policy: none`: nothing applies, and a person gets it. `remediation`: the first rung. */
  expect: z.strictObject({ policy: Text, remediation: Text.optional() }),
});
type PolicyCase = z.infer<typeof PolicyCase>;

/** Table tests of policies, in a file `*.test.yaml` beside them. */
const PolicyTestFile = z.strictObject({
  apiVersion: z.literal('hale/v1'),
  kind: z.literal('PolicyTest'),
  cases: z.array(PolicyCase).min(1),
});

export interface PolicyTestResult {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly ok: boolean;
  /** A policy with its first remediation, or `none`. */
  readonly expected: string;
  readonly actual: string;
  /** Why the other policies for the cause do not apply. */
  readonly notMatched: readonly string[];
}

export interface PolicyTestReport {
  readonly results: readonly PolicyTestResult[];
  /** Ids of policies that no case expects. */
  readonly untested: readonly string[];
  /** Every case came out as expected, and every policy has one. */
  readonly ok: boolean;
}

/** Runs every table test of the directories. Throws `policy-invalid` when a policy or a test file is wrong. */
export async function runPolicyTests(sources: PolicySources): Promise<PolicyTestReport> {
  const policies = await loadPolicies(sources);
  const problems: PolicyProblem[] = [];
  const results: PolicyTestResult[] = [];
  const tested = new Set<string>();
  for (const directory of sources.directories) {
    for (const name of await filesOf(directory, problems)) {
      if (!POLICY_TEST_FILE.test(name)) continue;
      const file = join(directory, name);
      for (const { line, row } of parseCases(file, await readFile(file, 'utf8'), policies, problems)) {
        results.push({ file, line, name: row.name, ...judge(row, policies) });
        tested.add(row.expect.policy);
      }
    }
  }
  if (problems.length > 0) throw policyError(problems);
  const untested = policies.map(({ policy }) => policy.id).filter((id) => !tested.has(id));
  return { results, untested, ok: untested.length === 0 && results.every((result) => result.ok) };
}

/** The report for a terminal: a line for each case, more where one failed. */
export function policyTestText({ results, untested }: PolicyTestReport): string {
  const lines = results.flatMap((result) => {
    const place = `${result.file}:${result.line}`;
    if (result.ok) return [`pass  ${place}  ${result.name}: ${result.actual}`];
    return [
      `FAIL  ${place}  ${result.name}`,
      `      expected: ${result.expected}`,
      `      found:    ${result.actual}`,
      ...result.notMatched.map((why) => `      ${why}`),
    ];
  });
  const failed = results.filter((result) => !result.ok).length;
  return [
    ...lines,
    ...untested.map(
      (id) => `FAIL  policy ${id} has no test; write a case that expects it in a file *.test.yaml beside it`,
    ),
    `${results.length - failed} of ${results.length} cases passed, ${untested.length} policies without a test`,
  ].join('\n');
}

function parseCases(
  file: string,
  text: string,
  policies: readonly LoadedPolicy[],
  problems: PolicyProblem[],
): { readonly line: number; readonly row: PolicyCase }[] {
  const yaml = readYamlText(text);
  problems.push(...yaml.errors.map((error) => ({ file, key: '', ...error })));
  if (yaml.errors.length > 0) return [];
  const parsed = PolicyTestFile.safeParse(yaml.value);
  const found = problemsOf(file, yaml);
  if (!parsed.success) found.addIssues(parsed.error.issues, PolicyTestFile);
  const ids = [...policies.map(({ policy }) => policy.id), NO_POLICY];
  for (const [index, { expect }] of (parsed.data?.cases ?? []).entries()) {
    if (ids.includes(expect.policy)) continue;
    found.add(
      ['cases', index, 'expect', 'policy'],
      `found ${JSON.stringify(expect.policy)}; allowed: ${ids.join(', ')}`,
    );
  }
  problems.push(...found.found);
  return (parsed.data?.cases ?? []).map((row, index) => ({ line: yaml.lineOf(['cases', index]), row }));
}

function judge(row: PolicyCase, policies: readonly LoadedPolicy[]): Omit<PolicyTestResult, 'file' | 'line' | 'name'> {
  const { namespace, kind, name, containers, ...marks } = row.workload;
  const subject = { apiVersion: 'apps/v1', kind, namespace, name, uid: 'uid-of-the-case' };
  const workload = {
    ...marks,
    containers: containers.map((container) => ({ name: container, image: '', resources: NO_RESOURCES, env: {} })),
  };
  const { matched, notMatched } = matchPolicies({ ...row.cause, subject }, workload, policies);

  const [first] = matched;
  const remediation = first?.policy.ladder[0]?.remediation;
  const ok =
    (first?.policy.id ?? NO_POLICY) === row.expect.policy &&
    (row.expect.remediation === undefined || row.expect.remediation === remediation);
  return {
    ok,
    expected: outcomeText(row.expect.policy, row.expect.remediation),
    actual: outcomeText(first?.policy.id ?? NO_POLICY, remediation),
    notMatched: notMatched.map((item) => `policy ${item.policyId}: ${item.why}`),
  };
}

function outcomeText(policy: string, remediation: string | undefined): string {
  return remediation === undefined ? policy : `${policy} -> ${remediation}`;
}
