import { leastMode, type Mode } from '../domain/mode.ts';
import type { LoweredAutonomy } from '../ports/store.ts';
import type { OperationsDeps } from './deps.ts';

export interface ModeInForce {
  readonly mode: Mode;
  /** The setting that decides it. */
  readonly decidedBy: string;
}

/** What a policy may do in a namespace: the least of its own mode, the operator's ceiling, and what was lowered. */
export function modeInForce(
  deps: Pick<OperationsDeps, 'modeCeiling'>,
  policy: { readonly id: string; readonly mode: Mode },
  namespace: string | null,
  lowered: readonly LoweredAutonomy[],
): ModeInForce {
  const ceiling = deps.modeCeiling(policy.id, namespace);
  const concerned = lowered.filter(
    (entry) =>
      (entry.policyId === '*' || entry.policyId === policy.id) &&
      (entry.namespace === '*' || entry.namespace === namespace),
  );
  const limits: readonly ModeInForce[] = [
    { mode: policy.mode, decidedBy: `mode of policy ${policy.id}` },
    { mode: ceiling.mode, decidedBy: ceiling.source },
    ...concerned.map(({ mode, by, reason }) => ({ mode, decidedBy: `autonomy lowered by ${by}: ${reason}` })),
  ];
  const mode = leastMode(limits.map((limit) => limit.mode));
  return limits.find((limit) => limit.mode === mode) ?? { mode, decidedBy: 'no setting' };
}
