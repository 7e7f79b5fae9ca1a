import { REMEDIATIONS } from '../../remediations/index.ts';
import { policyTestText, runPolicyTests } from '../policies/index.ts';
import { BUILTIN_POLICIES } from './version.ts';

/** `hale rules test`: the table tests beside the policies. Exit code 1 when one fails. */
export async function testRules(directories: readonly string[], out: (text: string) => void): Promise<number> {
  const report = await runPolicyTests({
    directories: directories.length > 0 ? directories : [BUILTIN_POLICIES],
    remediations: REMEDIATIONS,
  });
  out(`${policyTestText(report)}\n`);
  return report.ok ? 0 : 1;
}
