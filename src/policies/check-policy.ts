import type { z } from 'zod';
import { Policy } from '../domain/policy.ts';
import type { Remediation } from '../plugin/remediation.ts';
import { compileCondition } from './condition.ts';
import { type FileProblems, foundText, keysAt } from './problems.ts';
import { templateProblems } from './query-template.ts';

/** What a policy has to know about the remediations that it names. */
export type KnownRemediation = Pick<Remediation, 'handles' | 'settings' | 'risk' | 'rollback'>;

/** What a namespace may be called: RFC 1123, as the API server demands it. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** How table tests say that no policy applies. */
export const NO_POLICY = 'none';

/** The policy in the value of one file; null when something is wrong, which `problems` then says. */
export function checkPolicy(
  value: unknown,
  remediations: ReadonlyMap<string, KnownRemediation>,
  problems: FileProblems,
): Policy | null {
  const parsed = Policy.safeParse(value);
  if (!parsed.success) {
    problems.addIssues(parsed.error.issues, Policy);
    return null;
  }
  const policy = parsed.data;
  if (policy.id === NO_POLICY)
    problems.add(['id'], `${NO_POLICY} is what tests call the absence of a policy; another id`);
  checkCondition(policy, problems);
  checkNamespaces(policy, problems);
  for (const index of policy.ladder.keys()) checkRung(policy, index, remediations, problems);
  checkVerification(policy, problems);
  return problems.found.length === 0 ? policy : null;
}

function checkCondition({ when }: Policy, problems: FileProblems): void {
  if (when === undefined) return;
  const compiled = compileCondition(when);
  if (!compiled.ok)
    problems.add(['when'], `found ${JSON.stringify(when)}, at column ${compiled.column}: ${compiled.message}`);
}

function checkNamespaces({ namespaces }: Policy, problems: FileProblems): void {
  for (const [index, namespace] of (namespaces ?? []).entries()) {
    if (NAMESPACE.test(namespace)) continue;
    const message = 'allowed: the name of a namespace; leave `namespaces` out for all that the operator allows';
    problems.add(['namespaces', index], `found ${foundText(namespace)}; ${message}`);
  }
}

function checkRung(
  policy: Policy,
  index: number,
  remediations: ReadonlyMap<string, KnownRemediation>,
  problems: FileProblems,
): void {
  const rung = policy.ladder[index];
  if (rung === undefined) return;
  const at = ['ladder', index];
  const remediation = remediations.get(rung.remediation);
  if (remediation === undefined) {
    const known = [...remediations.keys()].join(', ') || 'none';
    problems.add([...at, 'remediation'], `found ${foundText(rung.remediation)}; allowed: ${known}`);
    return;
  }
  if (!remediation.handles.includes(policy.cause)) {
    const handled = remediation.handles.join(', ');
    problems.add([...at, 'remediation'], `${rung.remediation} does not handle cause ${policy.cause}, only: ${handled}`);
  }
  checkSettings(rung.settings, remediation.settings, [...at, 'settings'], problems);
  if (rung.returnAfter === undefined) return;
  if (typeof remediation.rollback !== 'function') {
    const why = remediation.rollback.none;
    problems.add([...at, 'returnAfter'], `${rung.remediation} cannot be undone (${why}); leave the key out`);
  }
  if (rung.returnAfter <= policy.verification.deadline) {
    problems.add([...at, 'returnAfter'], 'ends before recovery is judged; allowed: longer than verification.deadline');
  }
}

/** A remediation's schema may let unknown keys pass by dropping them: a misspelt ceiling must not become no ceiling. */
function checkSettings(
  settings: Readonly<Record<string, unknown>>,
  schema: z.ZodType,
  path: readonly PropertyKey[],
  problems: FileProblems,
): void {
  const parsed = schema.safeParse(settings);
  if (!parsed.success) {
    problems.addIssues(parsed.error.issues, schema, path);
    return;
  }
  const known = keysAt(schema, []);
  for (const key of Object.keys(settings)) {
    if (known.includes(key)) continue;
    problems.add([...path, key], `unknown key; allowed: ${known.join(', ') || 'none'}`);
  }
}

function checkVerification({ verification }: Policy, problems: FileProblems): void {
  for (const key of ['indicator', 'traffic', 'neighbours'] as const) {
    for (const problem of templateProblems(verification[key] ?? '0')) problems.add(['verification', key], problem);
  }
  if (verification.deadline <= verification.hold) {
    problems.add(
      ['verification', 'deadline'],
      'recovery could never be held so long; allowed: longer than verification.hold',
    );
  }
}
