import { causeKey } from '../domain/finding.ts';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { Plan } from '../domain/plan.ts';
import type { Policy } from '../domain/policy.ts';
import type { Store } from '../ports/store.ts';

type KnownValue<K extends 'budgets' | 'storm'> = Extract<GateFacts[K], { known: true }>['value'];

export interface StormSettings {
  /** So many sick subjects at once are a storm. */
  readonly sickSubjects: number;
  readonly withinMs: number;
  /** A storm is over after so long without one. */
  readonly quietForMs: number;
}

const CLUSTER_KEY = 'budget:cluster';

/** Actions counted so far under each budget. The keys are shared by all policies: what one has spent, another finds spent. */
export async function readBudgets(
  plan: Plan,
  limits: Policy['limits'],
  store: Pick<Store, 'counted'>,
  now: number,
): Promise<KnownValue<'budgets'>> {
  const keys = {
    workload: `budget:workload:${plan.subject.uid}`,
    namespace: `budget:namespace:${plan.subject.namespace}`,
    cluster: CLUSTER_KEY,
    cause: `budget:cause:${causeKey({ reason: plan.causeReason, subject: plan.subject })}`,
  };
  const scopes = ['workload', 'namespace', 'cluster', 'cause'] as const;
  return Promise.all(
    scopes.map(async (scope) => {
      const { actions: limit, per: windowMs } = limits.budgets[scope];
      const { used, oldestAt } = await store.counted(keys[scope], now - windowMs);
      return { scope, key: keys[scope], used, limit, windowMs, oldestAt };
    }),
  );
}

/**
 * The most subjects that fell sick within one window, now or at any moment of the quiet time that must follow a storm.
 * A count over the whole time that stays below the limit settles it without looking at single incidents.
 */
export async function readStorm(
  settings: StormSettings,
  store: Pick<Store, 'sickSubjects' | 'incidents' | 'counted'>,
  now: number,
): Promise<KnownValue<'storm'>> {
  const { sickSubjects: limit, withinMs, quietForMs } = settings;
  const since = now - withinMs - quietForMs;
  const [overall, actions] = await Promise.all([store.sickSubjects(since), store.counted(CLUSTER_KEY, since)]);
  const told = { limit, windowMs: withinMs, actionsInStorm: actions.used };
  if (overall < limit) return { ...told, sickSubjects: overall };

  const maxIncidents = Math.max(100, limit * 2 * Math.ceil((withinMs + quietForMs) / withinMs));
  const incidents = await store.incidents({ openedSince: since, limit: maxIncidents });
  const opened = incidents
    .filter((incident) => incident.purpose === 'heal' && incident.phase !== 'self-resolved')
    .map(({ key, openedAt }) => ({ key, openedAt }));
  // With so many that not all of them were read, the count over the whole time stands: too many rather than too few.
  const peak = incidents.length < maxIncidents ? peakWithin(opened, withinMs) : overall;
  return { ...told, sickSubjects: peak };
}

/** The most different keys that opened within any window of this length. */
function peakWithin(opened: readonly { readonly key: string; readonly openedAt: number }[], withinMs: number): number {
  const sizes = opened.map((end) => {
    const inside = opened.filter((one) => one.openedAt <= end.openedAt && one.openedAt > end.openedAt - withinMs);
    return new Set(inside.map((one) => one.key)).size;
  });
  return Math.max(0, ...sizes);
}
