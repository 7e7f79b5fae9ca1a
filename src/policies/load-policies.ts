import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LoadedPolicy } from '../domain/policy.ts';
import { checkPolicy, type KnownRemediation } from './check-policy.ts';
import { type PolicyProblem, policyError, problemsOf } from './problems.ts';
import { readYamlText } from './yaml-text.ts';

export interface PolicySources {
  /** In order of precedence: of two policies for one cause, the one of the earlier directory is asked first. */
  readonly directories: readonly string[];
  readonly remediations: ReadonlyMap<string, KnownRemediation>;
}

/** Files with policies; `.test.yaml` beside them are table tests. */
const POLICY_FILE = /\.ya?ml$/;
export const POLICY_TEST_FILE = /\.test\.ya?ml$/;

/**
 * Loads every policy of the directories, within a directory by file name. Throws `policy-invalid` with a line for everything that is wrong
 * in any file: Hale does not start on half of its rules.
 */
export async function loadPolicies({ directories, remediations }: PolicySources): Promise<readonly LoadedPolicy[]> {
  const loaded: Parsed[] = [];
  const problems: PolicyProblem[] = [];
  for (const directory of directories) {
    const files = (await filesOf(directory, problems)).filter((name) => !POLICY_TEST_FILE.test(name));
    if (files.length === 0 && problems.length === 0) {
      problems.push({
        file: directory,
        line: 1,
        key: '',
        message: 'no *.yaml in it; write a policy, or leave the directory out',
      });
    }
    for (const name of files) {
      const file = join(directory, name);
      const result = parsePolicy(file, await readFile(file, 'utf8'), remediations);
      if ('problems' in result) problems.push(...result.problems);
      else loaded.push(result);
    }
  }
  problems.push(...duplicates(loaded));
  if (problems.length > 0) throw policyError(problems);
  return loaded.map((one) => one.loaded);
}

interface Parsed {
  readonly loaded: LoadedPolicy;
  /** Where its id stands. */
  readonly idLine: number;
}

/** One file's text as a policy, or everything that is wrong with it. */
export function parsePolicy(
  file: string,
  text: string,
  remediations: ReadonlyMap<string, KnownRemediation>,
): Parsed | { readonly problems: readonly PolicyProblem[] } {
  const yaml = readYamlText(text);
  if (yaml.errors.length > 0) return { problems: yaml.errors.map((error) => ({ file, key: '', ...error })) };
  const problems = problemsOf(file, yaml);
  const policy = checkPolicy(yaml.value, remediations, problems);
  if (policy === null) return { problems: problems.found };
  const hash = createHash('sha256').update(text).digest('hex');
  return { loaded: { policy, file, hash }, idLine: yaml.lineOf(['id']) };
}

/** Names of the YAML files of a directory, sorted; hidden ones (a mounted ConfigMap has some) are left out. */
export async function filesOf(directory: string, problems: PolicyProblem[]): Promise<readonly string[]> {
  try {
    const names = await readdir(directory);
    return names.filter((name) => POLICY_FILE.test(name) && !name.startsWith('.')).toSorted();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push({ file: directory, line: 1, key: '', message: `not a directory that can be read (${why})` });
    return [];
  }
}

function duplicates(parsed: readonly Parsed[]): PolicyProblem[] {
  const first = new Map<string, string>();
  const problems: PolicyProblem[] = [];
  for (const { loaded, idLine } of parsed) {
    const { id } = loaded.policy;
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, loaded.file);
    else
      problems.push({
        file: loaded.file,
        line: idLine,
        key: 'id',
        message: `found ${id}, the id of the policy in ${earlier} too; allowed: an id of its own`,
      });
  }
  return problems;
}
