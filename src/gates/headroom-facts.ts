import { type KnownPools, readPools } from '../connections/index.ts';
import type { GateFacts } from '../domain/gate-facts.ts';
import type { Plan } from '../domain/plan.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { Told } from './told.ts';

type Headroom = Extract<GateFacts['headroom'], { known: true }>['value'];

interface HeadroomContext {
  readonly metrics: Pick<RecordedMetrics, 'range'>;
  readonly cluster: Pick<ClusterReader, 'autoscalersOf'>;
  readonly signal: AbortSignal;
  now(): number;
}

/** How near to its limit the workload would be with less, at the load of this moment. */
export async function readHeadroom(
  plan: Plan,
  workload: WorkloadView,
  limit: number,
  ctx: HeadroomContext,
): Promise<Told<Headroom>> {
  const maximum = maximumAfter(plan);
  return maximum === null ? inPools(plan, workload, limit, ctx) : underMaximum(maximum, plan, limit, ctx);
}

/** The maximum that an autoscaler is given; null when the plan is not about one. */
export function maximumAfter({ preview }: Pick<Plan, 'preview'>): number | null {
  const change = preview.changes.find(({ field }) => field === 'spec.maxReplicas');
  return change === undefined ? null : Number(change.after);
}

/** An autoscaler says itself how many replicas the load wants. */
async function underMaximum(
  maximum: number,
  plan: Plan,
  limit: number,
  { cluster, signal }: HeadroomContext,
): Promise<Told<Headroom>> {
  const [autoscaler, second] = await cluster.autoscalersOf(plan.subject, signal);
  if (autoscaler === undefined || second !== undefined) return { why: 'the workload has not exactly one autoscaler' };
  const isComputing = autoscaler.conditions.some(({ type, status }) => type === 'ScalingActive' && status === 'True');
  if (!isComputing) return { why: `autoscaler ${autoscaler.subject.name} does not compute how many replicas it wants` };
  if (!(maximum > 0)) return { why: 'the plan does not say what the maximum will be' };
  return { value: { saturationAfter: autoscaler.desiredReplicas / maximum, limit } };
}

/** How full the pools would be with fewer replicas: in use and waiting, of all slots that would be left. */
async function inPools(
  plan: Plan,
  workload: WorkloadView,
  limit: number,
  ctx: HeadroomContext,
): Promise<Told<Headroom>> {
  const after = plan.preview.replicasAfter;
  if (after === undefined) return { why: 'the plan does not say how many replicas are left' };
  if (after === 0) return { why: 'no replica would be left' };
  const pools = await readPools(workload, ctx);
  if (!pools.known) return { why: pools.why };
  if (pools.maxPerReplica === null) return { why: 'the connection pools tell no maximum' };
  const unheard = silentReplicas(pools, workload);
  if (unheard > 0) return { why: `${unheard} ready replicas do not report their pools` };
  return { value: { saturationAfter: (pools.used + (pools.pending ?? 0)) / (after * pools.maxPerReplica), limit } };
}

function silentReplicas(pools: KnownPools, workload: WorkloadView): number {
  return workload.readyReplicas - pools.replicasReporting;
}
