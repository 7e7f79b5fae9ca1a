import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { policyTestText, runPolicyTests } from './policy-tests.ts';
import { POLICY_TEXT, remediations } from './remediations-for-tests.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hale-policy-tests-'));
  await writeFile(join(directory, 'scale-orders.yaml'), POLICY_TEXT);
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const head = 'apiVersion: hale/v1\nkind: PolicyTest\ncases:\n';

async function run(cases: string) {
  await writeFile(join(directory, 'scale-orders.test.yaml'), head + cases);
  return runPolicyTests({ directories: [directory], remediations });
}

describe('a table test', () => {
  it('passes when the expected policy and remediation come first', async () => {
    const report = await run(`
  - name: waits
    cause: { reason: connection-pool-waiting }
    workload: { namespace: shop }
    expect: { policy: scale-orders, remediation: scale-workload }
  - name: elsewhere
    cause: { reason: connection-pool-waiting }
    workload: { namespace: other }
    expect: { policy: none }
`);

    expect(report).toMatchObject({
      ok: true,
      untested: [],
      results: [
        { ok: true, line: 5 },
        { ok: true, line: 9 },
      ],
    });
    expect(policyTestText(report)).toContain('pass  ');
    expect(policyTestText(report)).toContain('2 of 2 cases passed, 0 policies without a test');
  });

  it.each([
    ['another policy than expected', 'other', 'scale-orders', 'none', 'namespace other is not one of shop'],
    ['a policy where none is expected', 'shop', 'none', 'scale-orders -> scale-workload', ''],
    [
      'another remediation',
      'shop',
      'scale-orders, remediation: restart-workload',
      'scale-orders -> scale-workload',
      '',
    ],
  ])('fails for %s, and says what came out and why', async (_name, namespace, expected, actual, why) => {
    const report = await run(`
  - name: a case
    cause: { reason: connection-pool-waiting }
    workload: { namespace: ${namespace} }
    expect: { policy: ${expected} }
`);

    expect(report.ok).toBe(false);
    expect(report.results).toMatchObject([{ ok: false, actual }]);
    expect(policyTestText(report)).toContain(`found:    ${actual}`);
    expect(policyTestText(report)).toContain(why);
  });

  it('must be there for every policy', async () => {
    const report = await run(`
  - name: elsewhere
    cause: { reason: connection-pool-waiting }
    expect: { policy: none }
`);

    expect(report).toMatchObject({ ok: false, untested: ['scale-orders'] });
    expect(policyTestText(report)).toContain('FAIL  policy scale-orders has no test');
  });

  it('is missed when there is no test file at all', async () => {
    const report = await runPolicyTests({ directories: [directory], remediations });

    expect(report).toMatchObject({ ok: false, results: [], untested: ['scale-orders'] });
  });
});

describe('a test file is refused for', () => {
  it.each([
    [
      'an unknown key',
      '  - { name: a, causes: {}, expect: { policy: none } }',
      ':4: cases[0].causes: unknown key; allowed: name, cause, workload, expect',
    ],
    [
      'an unknown policy',
      '  - { name: a, cause: { reason: connection-pool-waiting }, expect: { policy: scale } }',
      ':4: cases[0].expect.policy: found "scale"; allowed: scale-orders, none',
    ],
    [
      'an unknown cause',
      '  - { name: a, cause: { reason: full }, expect: { policy: none } }',
      ':4: cases[0].cause.reason: found "full"; allowed: traffic-surge, cpu-saturated',
    ],
    ['no cases', '  []', ':3: cases: found []; allowed: at least 1 of them'],
  ])('%s', async (_name, cases, expected) => {
    await expect(run(cases)).rejects.toThrow(`${directory}/scale-orders.test.yaml${expected}`);
  });
});
