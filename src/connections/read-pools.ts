import type { Subject } from '../domain/subject.ts';
import { subjectName } from '../domain/subject.ts';
import { isSeriesOf, placeOf, promqlString, workloadMatchers } from '../domain/workload-series.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { WorkloadView } from '../ports/cluster.ts';
import type { RangeSeries } from '../ports/metrics.ts';
import type { Points } from '../workload-metrics/index.ts';
import {
  addInto,
  finitePoints,
  maxInto,
  meanOf,
  ratePerS,
  sumKnown,
  trailingRates,
  wholeSecond,
} from '../workload-metrics/index.ts';
import type { PoolFamily, PoolRole } from './pool-families.ts';
import { POOL_FAMILIES, POOL_NAMES, poolFamilyOf } from './pool-families.ts';

export interface ConnectionsContext {
  readonly metrics: Pick<RecordedMetrics, 'range'>;
  now(): number;
}

/** How hard a pool was pressed lately. Shares are of the moments looked at, 0..1; null = not told. */
export interface PoolPressure {
  /** Moments at which somebody waited. */
  readonly waitingShare: number | null;
  /** Mean number of waiting requests over all replicas. */
  readonly pendingMean: number | null;
  /** Moments at which at least nine tenths of the maximum were in use. */
  readonly saturatedShare: number | null;
}

/** One pool by its name, over all replicas. */
export interface PoolByName extends PoolPressure {
  readonly name: string;
  readonly used: number;
  readonly idle: number | null;
  /** Over all reporting replicas. */
  readonly max: number | null;
  readonly pending: number | null;
  readonly timeoutsPerS: number | null;
}

/** All pools of a workload: sums over its replicas. `null` = not told by the metrics, or unlimited; never zero. */
export interface KnownPools {
  readonly known: true;
  readonly family: string;
  /** Most connections that one replica may open, all its pools together. */
  readonly maxPerReplica: number | null;
  readonly used: number;
  /** The least that was in use at any moment of the last two minutes. */
  readonly usedLeast: number;
  readonly idle: number | null;
  readonly pending: number | null;
  readonly timeoutsPerS: number | null;
  /** Errors in which a database refused a connection for want of room; null when no such counter is exported. */
  readonly refusedPerS: number | null;
  readonly replicasReporting: number;
  /** Most pressed first. */
  readonly pools: readonly PoolByName[];
  readonly at: number;
  readonly queries: readonly string[];
}

export interface UnknownPools {
  readonly known: false;
  readonly why: string;
  readonly refusedPerS: number | null;
  readonly queries: readonly string[];
}

export type PoolReading = KnownPools | UnknownPools;

const WINDOW_MS = 120_000;
const STEP_MS = 15_000;
/** Pressure is judged over the newest part of the window: several scrapes at usual intervals, yet soon after a change. */
const RECENT_MS = 60_000;
const SATURATED = 0.9;

/** SQLSTATE 53300 is too_many_connections (PostgreSQL, appendix A); 1040 is MySQL's ER_CON_COUNT_ERROR. */
const REFUSAL_CODES = '53300|1040';
const REFUSAL_LABELS = ['code', 'sqlstate', 'db_response_status_code'] as const;

/** One query for everything: what is asked for is at most a few series per pod. */
export function poolsQuery(subject: Subject): string {
  const matchers = workloadMatchers([subject]);
  const pools = matchers.map((place) => `{__name__=~${promqlString(POOL_NAMES)},${place}}`);
  const refusals = matchers.flatMap((place) =>
    REFUSAL_LABELS.map((label) => `{__name__!~".+_(bucket|sum|created)",${label}=~"${REFUSAL_CODES}",${place}}`),
  );
  return [...pools, ...refusals].join('\nor ');
}

/**
 * Reads the connection pools of a workload as its own metrics show them, in one query over the last two minutes.
 * Unknown when no series is there or none has a value now. Errors of the metrics reader pass through.
 */
export async function readPools(workload: WorkloadView, ctx: ConnectionsContext): Promise<PoolReading> {
  const at = wholeSecond(ctx.now());
  const query = poolsQuery(workload.subject);
  const queries = [query];
  const answer = await ctx.metrics.range(query, at - WINDOW_MS, at, STEP_MS);
  const series = answer.series.filter((one) => isSeriesOf(workload.subject, one.labels));

  const refusedPerS = readRefusals(series);
  const slots = chooseFamily(collectSlots(series), at);
  if (slots === null) {
    const name = subjectName(workload.subject);
    return { known: false, why: `no metrics of a connection pool are known for ${name}`, refusedPerS, queries };
  }

  const family = slots[0].family;
  const reporting = slots.filter((slot) => usedOf(slot).has(at));
  const pools = poolsByName(reporting, at);
  const used = totalled(reporting.map(usedOf)) ?? new Map<number, number>();
  return {
    known: true,
    family: family.id,
    maxPerReplica: maxPerReplica(reporting, at),
    used: sumKnown(reporting.map((slot) => usedOf(slot).get(at) ?? null)) ?? 0,
    usedLeast: Math.min(...used.values()),
    idle: sumKnown(pools.map((pool) => pool.idle)),
    pending: sumKnown(pools.map((pool) => pool.pending)),
    timeoutsPerS: sumKnown(pools.map((pool) => pool.timeoutsPerS)),
    refusedPerS,
    replicasReporting: new Set(reporting.map((slot) => slot.replica)).size,
    pools,
    at,
    queries,
  };
}

/** One pool in one container of one pod. */
interface Slot {
  readonly family: PoolFamily;
  readonly replica: string;
  readonly pool: string;
  readonly roles: Map<PoolRole, Points>;
}

function collectSlots(series: readonly RangeSeries[]): Slot[] {
  // A target scraped by two jobs tells everything twice: within one target values add up, between targets the largest counts.
  const byTarget = new Map<string, { slotKey: string; slot: Omit<Slot, 'roles'>; role: PoolRole; points: Points }>();
  for (const one of series) {
    const { labels } = one;
    const found = poolFamilyOf(labels.__name__ ?? '', labels);
    if (found === null) continue;
    const { family, role } = found;
    const pool = family.poolLabels.map((label) => labels[label]).find((name) => name !== undefined) ?? '';
    const replica = replicaOf(labels);
    const slotKey = JSON.stringify([family.id, replica, labels.container ?? '', pool]);
    const targetKey = JSON.stringify([slotKey, role, labels.job, labels.instance, labels.endpoint, labels.service]);
    const target = byTarget.get(targetKey);
    if (target) addInto(target.points, finitePoints(one));
    else byTarget.set(targetKey, { slotKey, slot: { family, replica, pool }, role, points: finitePoints(one) });
  }
  const slots = new Map<string, Slot>();
  for (const { slotKey, slot: given, role, points } of byTarget.values()) {
    const slot = slots.get(slotKey) ?? { ...given, roles: new Map<PoolRole, Points>() };
    slots.set(slotKey, slot);
    const held = slot.roles.get(role);
    if (held) maxInto(held, points);
    else slot.roles.set(role, points);
  }
  return [...slots.values()];
}

function replicaOf(labels: Readonly<Record<string, string>>): string {
  return placeOf(labels)?.pod ?? labels.service_instance_id ?? labels.instance ?? '';
}

/** The family that the most replicas report now; the more telling one where two report as many. Null when none has a value now. */
function chooseFamily(slots: readonly Slot[], at: number): readonly [Slot, ...Slot[]] | null {
  let best: readonly [Slot, ...Slot[]] | null = null;
  let bestReplicas = 0;
  for (const family of POOL_FAMILIES) {
    const [first, ...rest] = slots.filter((slot) => slot.family === family && usedOf(slot).has(at));
    if (first === undefined) continue;
    const replicas = new Set([first, ...rest].map((slot) => slot.replica)).size;
    if (replicas <= bestReplicas) continue;
    best = [first, ...rest];
    bestReplicas = replicas;
  }
  return best;
}

function usedOf(slot: Slot): Points {
  const used = slot.roles.get('used');
  if (used) return used;
  const total = slot.roles.get('total');
  const idle = slot.roles.get('idle');
  const computed: Points = new Map();
  if (!total || !idle) return computed;
  for (const [at, value] of total) {
    const idleThen = idle.get(at);
    if (idleThen !== undefined) computed.set(at, Math.max(0, value - idleThen));
  }
  return computed;
}

/** Waiting requests. By Little's law the seconds waited per second are the mean number of those that wait. */
function pendingOf(slot: Slot): Points | undefined {
  const pending = slot.roles.get('pending');
  const waited = slot.roles.get('waited-seconds');
  if (pending || !waited) return pending;
  return trailingRates(waited, RECENT_MS);
}

function maxOf(slot: Slot): Points | undefined {
  const max = slot.roles.get('max');
  if (!max || !slot.family.zeroMaxIsUnlimited) return max;
  return new Map([...max].filter(([, value]) => value > 0));
}

/** The largest replica counts: during a rollout replicas differ. A pool that tells no maximum makes it unknown. */
function maxPerReplica(slots: readonly Slot[], at: number): number | null {
  const byReplica = new Map<string, number>();
  for (const slot of slots) {
    const max = maxOf(slot)?.get(at);
    if (max === undefined) return null;
    byReplica.set(slot.replica, (byReplica.get(slot.replica) ?? 0) + max);
  }
  return Math.max(...byReplica.values());
}

function poolsByName(slots: readonly Slot[], at: number): readonly PoolByName[] {
  const names = [...new Set(slots.map((slot) => slot.pool))];
  const pools = names.map((name) =>
    poolOf(
      name,
      slots.filter((slot) => slot.pool === name),
      at,
    ),
  );
  return pools.sort((a, b) => pressureOf(b) - pressureOf(a));
}

function pressureOf(pool: PoolByName): number {
  return (pool.waitingShare ?? 0) * 4 + (pool.timeoutsPerS ? 2 : 0) + (pool.saturatedShare ?? 0);
}

function poolOf(name: string, slots: readonly Slot[], at: number): PoolByName {
  const used = totalled(slots.map(usedOf));
  const pending = totalled(slots.map(pendingOf));
  const maxima = slots.map(maxOf);
  const max = maxima.every((one) => one?.has(at)) ? totalled(maxima) : null;
  const waits = pending && recent(pending, at);
  const loads =
    max && used
      ? recent(used, at).flatMap(([when, value]) => (max.has(when) ? [value / (max.get(when) ?? 0)] : []))
      : [];
  return {
    name,
    used: used?.get(at) ?? 0,
    idle: totalled(slots.map((slot) => slot.roles.get('idle')))?.get(at) ?? null,
    max: max?.get(at) ?? null,
    pending: pending?.get(at) ?? null,
    timeoutsPerS: sumKnown(slots.map((slot) => ratePerS(slot.roles.get('timeouts') ?? new Map()))),
    waitingShare: waits ? shareOf(waits, ([, value]) => value > 0) : null,
    pendingMean: waits ? meanOf(waits.map(([, value]) => value)) : null,
    saturatedShare: shareOf(loads, (load) => load >= SATURATED),
  };
}

function totalled(all: readonly (Points | undefined)[]): Points | null {
  const known = all.filter((points) => points !== undefined && points.size > 0);
  if (known.length === 0) return null;
  const total: Points = new Map();
  for (const points of known) if (points) addInto(total, points);
  return total;
}

function recent(points: Points, at: number): [number, number][] {
  return [...points].filter(([when]) => when > at - RECENT_MS);
}

function shareOf<T>(items: readonly T[], holds: (item: T) => boolean): number | null {
  return items.length === 0 ? null : items.filter(holds).length / items.length;
}

function readRefusals(series: readonly RangeSeries[]): number | null {
  const counters = series.filter((one) =>
    REFUSAL_LABELS.some((label) => REFUSAL_CODES.split('|').includes(one.labels[label] ?? '')),
  );
  return sumKnown(counters.map((one) => ratePerS(finitePoints(one))));
}
