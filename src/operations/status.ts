import { addSpend, type ModelSpend, NO_SPEND } from '../domain/model-words.ts';
import type { ObligationKind } from '../domain/obligation.ts';
import type { CacheState } from '../ports/cluster.ts';
import type { OperationsDeps } from './deps.ts';
import type { ObligationList, Readiness, StatusReport } from './results.ts';
import { freezeState } from './switches.ts';

/** Most open records that are counted one by one. */
const MAX_COUNTED = 5_000;

export interface ObligationQuery {
  readonly openOnly: boolean;
  readonly kind?: ObligationKind | undefined;
  readonly limit: number;
}

/** What Hale still owes, by due time. */
export async function listObligations(
  { store, clock }: OperationsDeps,
  query: ObligationQuery,
): Promise<ObligationList> {
  const { openOnly, kind, limit } = query;
  return {
    now: clock.now(),
    obligations: [...(await store.obligations({ openOnly, limit, ...(kind === undefined ? {} : { kind }) }))],
  };
}

export async function reportStatus(deps: OperationsDeps): Promise<StatusReport> {
  const { store, clock, version, startedAt, policies } = deps;
  const [incidents, obligations, freeze, writable, size, lowered] = await Promise.all([
    store.incidents({ openOnly: true, limit: MAX_COUNTED }),
    store.obligations({ openOnly: true, limit: MAX_COUNTED }),
    freezeState(deps),
    store.writable(),
    store.size(),
    store.loweredAutonomy(),
  ]);
  const cache = deps.cluster.cacheState();
  return {
    version,
    startedAt,
    now: clock.now(),
    incidents: countedBy(incidents, ({ phase }) => phase),
    obligations: countedBy(obligations, ({ duty }) => duty.kind),
    freeze,
    store: { writable, bytes: size.bytes, rows: { ...size.rows } },
    cluster: { state: cache.state, since: cache.state === 'behind' ? cache.since : null, detail: detailOf(cache) },
    model: deps.model === null ? null : { ...deps.model, spentInDay: await spentInDay(deps) },
    scan: deps.lastScan(),
    policies: policies.map(({ policy }) => ({ id: policy.id, mode: policy.mode })),
    lowered: [...lowered],
  };
}

const DAY_MS = 86_400_000;

/** What the model took for the duties of the last day, newest first until the day is over. */
async function spentInDay({ store, clock }: OperationsDeps): Promise<ModelSpend> {
  const since = clock.now() - DAY_MS;
  const kinds = ['write-narrative', 'investigate'] as const;
  const duties = await Promise.all(
    kinds.map((kind) => store.obligations({ openOnly: false, kind, limit: MAX_COUNTED })),
  );
  return duties
    .flat()
    .filter(({ createdAt }) => createdAt >= since)
    .map(({ duty }) => ('spend' in duty ? duty.spend : NO_SPEND))
    .reduce(addSpend, NO_SPEND);
}

/** Ready = alerts can be stored and the cluster is known. A store that fails to answer is a check that fails, never an error. */
export async function checkReadiness({
  store,
  cluster,
}: Pick<OperationsDeps, 'store' | 'cluster'>): Promise<Readiness> {
  const cache = cluster.cacheState();
  const checks = [await storeCheck(store), { name: 'cluster', ok: cache.state === 'ready', detail: detailOf(cache) }];
  return { ready: checks.every(({ ok }) => ok), checks };
}

async function storeCheck(store: OperationsDeps['store']): Promise<Readiness['checks'][number]> {
  try {
    const ok = await store.writable();
    return { name: 'store', ok, detail: ok ? 'takes writes' : 'cannot be written: the disk is full, or fails' };
  } catch (error) {
    return { name: 'store', ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

function detailOf(cache: CacheState): string {
  if (cache.state === 'behind') return cache.detail;
  return cache.state === 'ready' ? 'every watch is in step' : 'the first lists are not complete yet';
}

function countedBy<T>(items: readonly T[], nameOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[nameOf(item)] = (counts[nameOf(item)] ?? 0) + 1;
  return counts;
}
