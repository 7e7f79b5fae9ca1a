import type { Cause } from '../domain/finding.ts';
import type { LoadedPolicy, Policy } from '../domain/policy.ts';
import { type ConditionInput, compileCondition } from './condition.ts';

export interface PolicyMatch {
  /** In the order of precedence in which the policies were loaded. */
  readonly matched: readonly LoadedPolicy[];
  /** Policies for another cause are left out: they say nothing about this one. */
  readonly notMatched: readonly { readonly policyId: string; readonly why: string }[];
}

/** Which policies apply to a cause on a workload, and why the others for the same cause do not. A condition that fails is no match. */
export function matchPolicies(
  cause: Pick<Cause, 'reason' | 'confidence' | 'figures' | 'subject'>,
  workload: ConditionInput['workload'],
  policies: readonly LoadedPolicy[],
): PolicyMatch {
  const forCause = policies.filter(({ policy }) => policy.cause === cause.reason);
  const judged = forCause.map((loaded) => ({ loaded, why: whyNot(loaded.policy, { cause, workload }) }));
  return {
    matched: judged.filter(({ why }) => why === null).map(({ loaded }) => loaded),
    notMatched: judged.flatMap(({ loaded, why }) => (why === null ? [] : [{ policyId: loaded.policy.id, why }])),
  };
}

function whyNot({ namespaces, when }: Policy, input: ConditionInput): string | null {
  const { namespace } = input.cause.subject;
  if (namespaces !== undefined && !namespaces.includes(namespace)) {
    return `namespace ${namespace} is not one of ${namespaces.join(', ')}`;
  }
  if (when === undefined) return null;
  const compiled = compileCondition(when);
  if (!compiled.ok) return `its condition cannot be read: ${compiled.message}`;
  const result = compiled.condition(input);
  return result.holds ? null : result.why;
}
