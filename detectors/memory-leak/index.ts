import { commandText } from '../../src/domain/command-text.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { SteadyGrowth } from '../../src/workload-metrics/index.ts';
import {
  findServerSeries,
  finitePoints,
  latencyQueries,
  medianOf,
  readSeries,
  steadyGrowth,
  valuesWithin,
} from '../../src/workload-metrics/index.ts';
import type { ContainerMemory } from './memory-series.ts';
import { containersOf, HEAP_LABELS, MEMORY_NAMINGS } from './memory-series.ts';
import { MemoryLeakConfig } from './schema.ts';

const MINUTE_MS = 60_000;
/** How far is looked back, and how soon the limit has to be reached: a short past may foretell only a near future. */
const SPANS = [
  // A leak that takes minutes: only beside a past in which it never held as much, for every start grows, and so it does between two collections.
  { spanMs: 4 * MINUTE_MS, withinMs: 10 * MINUTE_MS, pastMs: 2 * MINUTE_MS },
  { spanMs: 15 * MINUTE_MS, withinMs: 60 * MINUTE_MS, pastMs: 0 },
  { spanMs: 60 * MINUTE_MS, withinMs: 6 * 60 * MINUTE_MS, pastMs: 0 },
  { spanMs: 180 * MINUTE_MS, withinMs: 24 * 60 * MINUTE_MS, pastMs: 0 },
] as const;
const WINDOW = { backMs: 180 * MINUTE_MS, stepMs: 20_000, by: HEAP_LABELS, only: 'resource=~"|memory"' } as const;

export const memoryLeak = defineDetector<MemoryLeakConfig>({
  id: 'memory-leak',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: MemoryLeakConfig,
  async detect(incident, config, ctx) {
    const { subject } = incident;
    const { query, series, at } = await readSeries(subject, MEMORY_NAMINGS, WINDOW, ctx);
    const containers = containersOf(series, at);
    const growing = containers
      .flatMap((one) => leakOf(one, at, config) ?? [])
      .toSorted((a, b) => a.secondsToLimit - b.secondsToLimit);
    const [worst] = growing;
    const pods = new Set(containers.map(({ pod }) => pod)).size;
    const podsGrowing = new Set(growing.map(({ one }) => one.pod)).size;
    if (worst === undefined || podsGrowing < pods * config.minPodShare) return [];

    const load = await loadGrowth(subject, worst.growth.since, at, ctx);
    const { growth, one, secondsToLimit } = worst;
    const explained = Math.max(config.maxLoadGrowth, (growth.to / growth.from - 1) / 2);
    if (load.growth !== null && load.growth > explained) return [];
    const where = one.container === '' ? one.pod : `container ${one.container} of ${one.pod}`;
    return [
      {
        id: ctx.newId(),
        detector: 'memory-leak',
        reason: 'memory-leaking',
        subject,
        confidence: confidenceOf(secondsToLimit, load.growth),
        summary: `${subjectName(subject)}: ${where} grows by ${mebibytes(growth.perS * 60)} MiB/min since ${clock(growth.since)}, ${mebibytes(growth.to)} of ${mebibytes(one.limitBytes)} MiB, limit in ${Math.round(secondsToLimit / 60)} minutes; ${podsGrowing} of ${pods} pods; ${loadText(load.growth)}`,
        figures: {
          growthBytesPerS: growth.perS,
          usedBytes: growth.to,
          limitBytes: one.limitBytes,
          secondsToLimit,
          podsGrowing,
          pods,
          ...(load.growth === null ? {} : { loadGrowth: load.growth }),
        },
        evidence: [query, ...load.queries].flatMap((asked) => ctx.metrics.evidenceOf(asked) ?? []),
        mend: commandText(
          'kubectl',
          '-n',
          subject.namespace,
          'rollout',
          'restart',
          `${subject.kind.toLowerCase()}/${subject.name}`,
        ),
      },
    ];
  },
});

interface Leak {
  readonly one: ContainerMemory;
  readonly growth: SteadyGrowth;
  readonly secondsToLimit: number;
}

function leakOf(one: ContainerMemory, at: number, config: MemoryLeakConfig): Leak | null {
  for (const { spanMs, withinMs, pastMs } of SPANS) {
    const growth = steadyGrowth(one.used, at, spanMs);
    if (growth === null || growth.to - growth.from < one.limitBytes * config.minGrowthShare) continue;
    if (pastMs > 0 && growth.to < mostBefore(one, at - spanMs, pastMs) + one.limitBytes * config.minGrowthShare)
      continue;
    const secondsToLimit = Math.max(0, one.limitBytes - growth.to) / growth.perS;
    if (secondsToLimit * 1000 <= Math.min(withinMs, config.within)) return { one, growth, secondsToLimit };
  }
  return null;
}

/** The most that it held before; without end where there is too little of a past. */
function mostBefore({ used }: ContainerMemory, until: number, pastMs: number): number {
  const before = [...used].filter(([when]) => when <= until);
  const isLong = before.some(([when]) => when <= until - pastMs);
  return isLong ? Math.max(...before.map(([, value]) => value)) : Number.POSITIVE_INFINITY;
}

/** How much more is asked of the workload now than when the growth began, as a share; null where requests are not measured. */
async function loadGrowth(
  subject: Subject,
  since: number,
  at: number,
  ctx: Pick<ReadContext, 'metrics'>,
): Promise<{ growth: number | null; queries: readonly string[] }> {
  const series = await findServerSeries(subject, ctx.metrics, at);
  if (series === null) return { growth: null, queries: [] };
  const { rate } = latencyQueries(series, 0.5);
  const [first] = (await ctx.metrics.range(rate, at - WINDOW.backMs, at, MINUTE_MS)).series;
  const points = first ? finitePoints(first) : new Map<number, number>();
  const third = (at - since) / 3;
  const before = medianOf(valuesWithin(points, since - MINUTE_MS, since + third));
  const now = medianOf(valuesWithin(points, at - third, at));
  return { growth: before === null || now === null || before <= 0 ? null : now / before - 1, queries: [rate] };
}

/** What will happen is less sure than what is; and what the load asks for may be what it needs. */
function confidenceOf(secondsToLimit: number, load: number | null): number {
  const near = secondsToLimit <= 1_800 ? 0.8 : 0.7;
  return Number((load === null ? near - 0.15 : near).toFixed(2));
}

function loadText(load: number | null): string {
  if (load === null) return 'its load is not measured';
  return load < -0.05 ? `while its load fell by ${Math.round(-load * 100)} %` : 'at the same load';
}

function mebibytes(bytes: number): number {
  return Number((bytes / 1_048_576).toPrecision(3));
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)}Z`;
}
