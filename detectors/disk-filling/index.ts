import { databaseOf } from '../../src/connections/index.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import { promqlString } from '../../src/domain/workload-series.ts';
import type { IncidentView, ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import { finitePoints, lastValue, steadyGrowth, valuesWithin } from '../../src/workload-metrics/index.ts';
import { ifAnswered } from '../../src/workload-traces/index.ts';
import { type AboutIt, whatAboutIt } from './about-it.ts';
import { claimMounts } from './claim-mounts.ts';
import { DiskFillingConfig } from './schema.ts';
import type { Volume } from './volumes.ts';
import { BACK_MS, readVolumes } from './volumes.ts';

const MINUTE_MS = 60_000;
const STALE_MS = 5 * MINUTE_MS;
/** How far is looked back, and how soon it has to be full: a short past may foretell only a near future. */
const SPANS = [
  { spanMs: 30 * MINUTE_MS, withinMs: 60 * MINUTE_MS },
  { spanMs: 120 * MINUTE_MS, withinMs: 4 * 60 * MINUTE_MS },
  { spanMs: BACK_MS, withinMs: 24 * 60 * MINUTE_MS },
] as const;

export const diskFilling = defineDetector<DiskFillingConfig>({
  id: 'disk-filling',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: DiskFillingConfig,
  async detect(incident, config, ctx) {
    const template = await ifAnswered(ctx.cluster.object(incident.subject, ctx.signal));
    const mounts = claimMounts(template);
    const { volumes, queries, at } = await readVolumes(incident, mounts, ctx);
    const database = await databaseVolume(incident, config, at, ctx);
    const all = database === null ? volumes : [...volumes, database.volume];
    const asked = database === null ? queries : [...queries, database.query];
    const told = all
      .flatMap((volume) => fillingOf(volume, at, config) ?? [])
      .toSorted((a, b) => a.secondsToFull - b.secondsToFull);
    const [worst] = told;
    if (worst === undefined) return [];
    const around = await whatAboutIt(worst.volume, { incident, mounts, capacity: worst.capacity, at }, ctx);
    return [findingOf(worst, incident, around, asked, ctx)];
  },
});

interface Filling {
  readonly volume: Volume;
  readonly used: number;
  readonly capacity: number;
  /** 0 = it is full. */
  readonly secondsToFull: number;
  readonly perS: number | null;
}

function fillingOf(volume: Volume, at: number, config: DiskFillingConfig): Filling | null {
  const used = lastValue(volume.used, at, STALE_MS);
  const capacity = lastValue(volume.capacity, at, STALE_MS);
  if (used === null || capacity === null || capacity <= 0) return null;
  if (used >= capacity * config.fullShare) return { volume, used, capacity, secondsToFull: 0, perS: null };
  if (used < capacity * config.minUsedShare) return null;
  for (const { spanMs, withinMs } of SPANS) {
    const growth = steadyGrowth(volume.used, at, spanMs);
    // It was as full before, and was freed: it will be again.
    if (growth === null || valuesWithin(volume.used, 0, growth.since).some((value) => value >= used)) continue;
    const secondsToFull = (capacity - used) / growth.perS;
    if (secondsToFull * 1000 <= Math.min(withinMs, config.within))
      return { volume, used, capacity, secondsToFull, perS: growth.perS };
  }
  return null;
}

/** The databases of a server against the bytes that are declared for it. */
async function databaseVolume(
  { subject }: IncidentView,
  config: DiskFillingConfig,
  at: number,
  ctx: Pick<ReadContext, 'metrics'>,
): Promise<{ volume: Volume; query: string } | null> {
  const link = databaseOf(subject, config.databases);
  if (link.link === 'none') return null;
  const { name, matchers } = link.database;
  const most = config.databaseMaxBytes[name];
  if (most === undefined) return null;
  const inside = Object.entries(matchers).map(([label, value]) => `,${label}=${promqlString(value)}`);
  const query = `sum({__name__=~"pg_database_size_bytes|mysql_info_schema_table_size"${inside.join('')}})`;
  const [first] = (await ctx.metrics.range(query, at - BACK_MS, at, 2 * MINUTE_MS)).series;
  const used = first ? finitePoints(first) : new Map<number, number>();
  const capacity = new Map([...used.keys()].map((when) => [when, most]));
  return { volume: { name: `database ${name}`, claim: null, what: 'bytes', used, capacity }, query };
}

function findingOf(
  worst: Filling,
  { subject }: IncidentView,
  { text, ...more }: AboutIt,
  queries: readonly string[],
  ctx: ReadContext,
): Finding {
  const { volume, used, capacity, secondsToFull, perS } = worst;
  const share = Math.round((used / capacity) * 100);
  const when = secondsToFull === 0 ? '' : `, full in ${Math.round(secondsToFull / 60)} minutes`;
  return {
    id: ctx.newId(),
    detector: 'disk-filling',
    reason: 'disk-filling',
    subject,
    confidence: secondsToFull === 0 ? 0.9 : secondsToFull <= 3_600 ? 0.75 : 0.5,
    summary: `${subjectName(subject)}: ${volume.name}: ${share} % of its ${volume.what} used${when}${text}`,
    figures: {
      usedShare: used / capacity,
      ...(volume.what === 'bytes'
        ? { usedBytes: used, capacityBytes: capacity }
        : { usedInodes: used, capacityInodes: capacity }),
      ...(perS === null ? {} : { growthPerS: perS, secondsToFull }),
    },
    evidence: queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []),
    ...more,
  };
}
