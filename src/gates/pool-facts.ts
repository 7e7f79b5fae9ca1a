import { readDatabaseServer, readPools } from '../connections/index.ts';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { Plan } from '../domain/plan.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import { DECLARATION_SOURCE } from './capacity-guard.ts';
import { type CatalogueDatabase, databaseOf } from './database-of.ts';
import type { Told } from './told.ts';

type Capacity = Extract<GateFacts['capacity'], { known: true }>['value'];

interface MetricsContext {
  readonly metrics: Pick<RecordedMetrics, 'range'>;
  now(): number;
}

/** What the capacity guard computes with. Asked only when replicas grow; what is read is what the formula needs. */
export async function readCapacity(
  plan: Plan,
  workload: WorkloadView,
  declaration: { readonly database: string | null; readonly catalogue: readonly CatalogueDatabase[] },
  ctx: MetricsContext,
): Promise<Told<Capacity>> {
  const after = plan.preview.replicasAfter;
  if (after === undefined || (workload.replicas !== null && after <= workload.replicas)) {
    return { why: 'not asked for: the plan adds no replicas' };
  }
  const use = databaseOf(plan.subject, declaration.database, declaration.catalogue);
  if (use.kind === 'undeclared') return { why: use.why, source: DECLARATION_SOURCE };
  if (use.kind === 'none') return { value: NO_DATABASE, source: DECLARATION_SOURCE };

  const [pools, server] = await Promise.all([readPools(workload, ctx), readDatabaseServer(use.database, ctx)]);
  if (!pools.known) return { why: pools.why };
  if (pools.maxPerReplica === null) return { why: 'the connection pools tell no maximum' };
  if (!server.known) return { why: server.why };
  return {
    value: {
      database: use.database.name,
      declaredNone: false,
      maxConnections: server.maxConnections,
      reservedConnections: server.reservedConnections,
      usedConnections: server.usedConnections,
      // Idle connections that are not told count as other clients': too many of them rather than too few.
      ownConnections: pools.used + (pools.idle ?? 0),
      poolMaxPerReplica: pools.maxPerReplica,
      refusing: (server.refusedPerS ?? 0) > 0 || (pools.refusedPerS ?? 0) > 0,
    },
  };
}

const NO_DATABASE: Capacity = {
  database: 'none',
  declaredNone: true,
  maxConnections: 0,
  reservedConnections: 0,
  usedConnections: 0,
  ownConnections: 0,
  poolMaxPerReplica: 0,
  refusing: false,
};
