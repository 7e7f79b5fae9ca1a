import { leastMode, type Mode } from '../domain/mode.ts';
import type { LoweredAutonomy } from '../ports/store.ts';

/** What the operator allows, as the configuration says it: ceilings, never a permission by themselves. */
export interface Autonomy {
  readonly default: Mode;
  readonly namespaces: Readonly<Record<string, Mode>>;
  readonly policies: Readonly<Record<string, Mode>>;
}

/** A mode with the setting that it comes from, so that people know which one to change. */
export interface Ceiling {
  readonly mode: Mode;
  readonly source: string;
}

/**
 * The namespace's ceiling, or the default where it has none; lowered further by the policy's own. An entry for a policy never
 * raises what its namespace has: one for `payments` alone must not open every other namespace. Null: no policy, no namespace known.
 */
export function operatorCeiling(autonomy: Autonomy, policyId: string | null, namespace: string | null): Ceiling {
  const ofNamespace = entryOf(autonomy.namespaces, namespace);
  const ofPolicy = entryOf(autonomy.policies, policyId);
  const ceilings: Ceiling[] = [
    ofNamespace === undefined
      ? { mode: autonomy.default, source: 'autonomy.default' }
      : { mode: ofNamespace, source: `autonomy.namespaces.${namespace}` },
  ];
  if (ofPolicy !== undefined) ceilings.push({ mode: ofPolicy, source: `autonomy.policies.${policyId}` });
  return lowestOf(ceilings);
}

/** The ceiling after what people (or Hale itself, after failures) have lowered through the doors; `*` stands for all. */
export function loweredCeiling(
  ceiling: Ceiling,
  lowered: readonly LoweredAutonomy[],
  policyId: string,
  namespace: string,
): Ceiling {
  const concerned = lowered.filter(
    (entry) =>
      (entry.policyId === policyId || entry.policyId === '*') &&
      (entry.namespace === namespace || entry.namespace === '*'),
  );
  return lowestOf([
    ceiling,
    ...concerned.map((entry) => ({ mode: entry.mode, source: `autonomy lowered by ${entry.by}: ${entry.reason}` })),
  ]);
}

function entryOf(entries: Readonly<Record<string, Mode>>, key: string | null): Mode | undefined {
  return key !== null && Object.hasOwn(entries, key) ? entries[key] : undefined;
}

function lowestOf(ceilings: readonly Ceiling[]): Ceiling {
  const mode = leastMode(ceilings.map((ceiling) => ceiling.mode));
  return ceilings.find((ceiling) => ceiling.mode === mode) ?? { mode, source: 'no ceiling' };
}
