import { HaleError } from '../domain/errors.ts';
import { MODES, type Mode } from '../domain/mode.ts';
import { rulesHash } from '../domain/policy.ts';
import type { Change, LoweredAutonomy } from '../ports/store.ts';
import type { OperationsDeps } from './deps.ts';
import { modeInForce } from './modes.ts';
import type { AutonomyResult, FreezeView } from './results.ts';

/** The kill switch as store and ConfigMap have it together. */
export async function freezeState(deps: OperationsDeps): Promise<FreezeView> {
  const [reading, stored] = await Promise.all([deps.readFreeze(), deps.store.freeze()]);
  const known = reading.known
    ? { frozen: reading.frozen, by: reading.by, reason: reading.reason }
    : { frozen: null, by: '', reason: `cannot be told: ${reading.why}` };
  return { ...known, stored, configMap: deps.freezeConfigMap };
}

export interface FreezeChange {
  readonly frozen: boolean;
  readonly by: string;
  readonly reason: string;
}

/**
 * Freezes or unfreezes: from the commit on no new intent is made; what is written already is verified, and its rollbacks and returns
 * wait. A ConfigMap that says frozen goes on freezing: the answer tells. Errors: store-unavailable.
 */
export async function changeFreeze(deps: OperationsDeps, change: FreezeChange): Promise<FreezeView> {
  const at = deps.clock.now();
  const { frozen, by } = change;
  const reason = deps.redactText(change.reason);
  await commitSwitch(deps, {
    freeze: { frozen, by, reason, at },
    audit: [
      {
        at,
        kind: 'freeze-changed',
        incidentId: null,
        text: `${by} ${frozen ? 'froze' : 'unfroze'} Hale: ${reason}`,
        data: { frozen, by },
      },
    ],
  });
  return freezeState(deps);
}

export interface AutonomyChange {
  /** `*` = every policy. */
  readonly policyId: string;
  /** `*` = every namespace. */
  readonly namespace: string;
  readonly mode: Mode;
  readonly by: string;
  readonly reason: string;
}

/**
 * Lowers autonomy. Only a mode below the one in force is taken: raising is a change to the policy file, where others see it.
 * Errors: not-found for an unknown policy, usage-invalid, store-unavailable.
 */
export async function lowerAutonomy(deps: OperationsDeps, change: AutonomyChange): Promise<AutonomyResult> {
  const { policyId, namespace, mode, by } = change;
  const lowered = await deps.store.loweredAutonomy();
  const before = highestInForce(deps, change, lowered);
  const same = lowered.find((entry) => entry.policyId === policyId && entry.namespace === namespace);
  if (rankOf(mode) >= rankOf(before) || (same !== undefined && rankOf(mode) >= rankOf(same.mode))) {
    const inForce = same === undefined || rankOf(before) < rankOf(same.mode) ? before : same.mode;
    throw new HaleError(
      'usage-invalid',
      `${nameOf(change)} is in mode ${inForce} already, and ${mode} is not below it. Here autonomy is only lowered; to raise it, change mode in the policy file (or autonomy in the configuration) and start Hale again`,
    );
  }
  const at = deps.clock.now();
  const reason = deps.redactText(change.reason);
  await commitSwitch(deps, {
    autonomy: { policyId, namespace, mode, rulesHash: rulesHash(deps.policies, policyId), by, reason, at },
    audit: [
      {
        at,
        kind: 'autonomy-lowered',
        incidentId: null,
        text: `${by} lowered ${nameOf(change)} from ${before} to ${mode}: ${reason}`,
        data: { policy: policyId, namespace, mode, by },
      },
    ],
  });
  return { policyId, namespace, before, mode, by };
}

/** The highest mode in force among the policies and namespaces that are meant. */
function highestInForce(
  deps: OperationsDeps,
  { policyId, namespace }: AutonomyChange,
  lowered: readonly LoweredAutonomy[],
): Mode {
  const policies = deps.policies.filter(({ policy }) => policyId === '*' || policy.id === policyId);
  if (policies.length === 0) {
    const known = deps.policies.map(({ policy }) => policy.id).join(', ');
    throw new HaleError(
      'not-found',
      `no policy has the id ${JSON.stringify(policyId)}; the policies are: ${known === '' ? 'none' : known}; '*' means all`,
    );
  }
  const named = [...deps.namespaces, ...lowered.map((entry) => entry.namespace)].filter((name) => name !== '*');
  // A namespace that nothing names stands for the rest, when the scope is everything.
  const rest = deps.namespaces.includes('*') ? [null] : [];
  const namespaces = namespace === '*' ? [...new Set(named), ...rest] : [namespace];
  const ranks = policies.flatMap(({ policy }) =>
    namespaces.map((name) => rankOf(modeInForce(deps, policy, name, lowered).mode)),
  );
  return MODES[Math.max(0, ...ranks)] ?? 'observe';
}

async function commitSwitch(deps: OperationsDeps, change: Change): Promise<void> {
  const result = await deps.store.commit(change);
  if (result !== 'committed') throw new HaleError('internal-error', `a switch met a conflict: ${result.detail}`);
}

function rankOf(mode: Mode): number {
  return MODES.indexOf(mode);
}

function nameOf({ policyId, namespace }: Pick<AutonomyChange, 'policyId' | 'namespace'>): string {
  const policy = policyId === '*' ? 'every policy' : `policy ${policyId}`;
  return `${policy} in ${namespace === '*' ? 'every namespace' : `namespace ${namespace}`}`;
}
