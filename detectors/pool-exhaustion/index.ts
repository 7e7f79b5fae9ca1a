import type { PoolReading, ServerReading } from '../../src/connections/index.ts';
import { databaseOf, readDatabaseServer, readPools } from '../../src/connections/index.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { Judgement, ServerView } from './judge.ts';
import { judge } from './judge.ts';
import type { Deeper } from './look-deeper.ts';
import { lookDeeper } from './look-deeper.ts';
import { PoolExhaustionConfig } from './schema.ts';
import type { Holder } from './tell-apart.ts';

export const poolExhaustion = defineDetector<PoolExhaustionConfig>({
  id: 'pool-exhaustion',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  explains: ['connections', 'backlog'],
  config: PoolExhaustionConfig,
  async detect(incident, config, ctx) {
    const callees = config.depth === 0 ? [] : await ctx.topology.calleesOf(incident.workload, config.depth);
    const workloads = [incident.workload, ...callees].slice(0, config.maxWorkloads);
    const readings = new Map<string, Promise<ServerReading>>();

    const findings: Finding[] = [];
    for (const workload of workloads) {
      const pools = await readPools(workload, ctx);
      const server = await serverOf(workload, pools, config, readings, ctx);
      const judgement = judge(pools, server, config);
      if (judgement?.reason === 'database-connections-exhausted') {
        findings.push(findingOf({ workload, told: judgement, pools, server, ctx }));
        continue;
      }
      // Of a workload that is called only waiting is looked into; slow queries of its own show in the incident's own workload, too.
      if (judgement === null && workload !== incident.workload) continue;
      const link = databaseOf(workload.subject, config.databases);
      const deeper = await lookDeeper({ workload, since: incident.since, pools, judgement, link }, ctx);
      const told = deeper.holder === null ? judgement : withWaiting(deeper.holder, judgement);
      if (told === null || deeper.locked) continue;
      findings.push(findingOf({ workload, told, pools, server, deeper, ctx }));
    }
    return findings;
  },
});

/** What holds the connections, and that requests wait for them. */
function withWaiting(holder: Holder, waiting: Judgement | null): Holder {
  return waiting === null ? holder : { ...holder, because: [...holder.because, ...waiting.because.slice(0, 1)] };
}

interface Told {
  readonly workload: WorkloadView;
  readonly told: Judgement | Holder;
  readonly pools: PoolReading;
  readonly server: ServerView;
  readonly deeper?: Deeper;
  readonly ctx: ReadContext;
}

function findingOf({ workload: { subject }, told, pools, server, deeper, ctx }: Told): Finding {
  const more = (deeper?.queries ?? []).flatMap((query) => ctx.metrics.evidenceOf(query) ?? []);
  return {
    id: ctx.newId(),
    detector: 'pool-exhaustion',
    reason: told.reason,
    subject,
    confidence: told.confidence,
    summary: `${subjectName(subject)}: ${told.because.join('; ')}`,
    figures: { ...figuresOf(pools, server), ...deeper?.figures },
    evidence: [...evidenceOf(pools, server, ctx), ...more],
    ...(told.reason === 'connection-pool-waiting' && deeper?.doubt ? { unsettled: deeper.doubt } : {}),
    ...(deeper?.mend ? { mend: deeper.mend } : {}),
  };
}

/** The database behind a workload: the one declared to be used by it, else the only one that is known. Each server is read once. */
async function serverOf(
  workload: WorkloadView,
  pools: PoolReading,
  config: PoolExhaustionConfig,
  readings: Map<string, Promise<ServerReading>>,
  ctx: ReadContext,
): Promise<ServerView> {
  const found = databaseOf(workload.subject, config.databases);
  if (found.link === 'none') return found;
  const { link, database } = found;
  // Without pools and refusals there is nothing that an assumed server could explain: it need not be asked.
  if (link === 'assumed' && !pools.known && pools.refusedPerS === null) {
    return { link: 'none', why: 'no sign that it uses a database' };
  }
  const reading = readings.get(database.name) ?? readDatabaseServer(database, ctx);
  readings.set(database.name, reading);
  return { link, database: database.name, reading: await reading };
}

/** The figures that are known, by the names that policies use; a figure that is not known is absent. */
function figuresOf(pools: PoolReading, server: ServerView): Record<string, number> {
  const figures: Record<string, number | null> = { refusedPerS: pools.refusedPerS };
  if (pools.known) {
    const maxima = pools.pools.map((pool) => pool.max);
    const waits = pools.pools.map((pool) => pool.pendingMean ?? 0);
    figures.used = pools.used;
    figures.idle = pools.idle;
    figures.max = maxima.includes(null) ? null : maxima.reduce<number>((total, max) => total + (max ?? 0), 0);
    figures.maxPerReplica = pools.maxPerReplica;
    figures.pending = pools.pending === null ? null : waits.reduce((total, wait) => total + wait, 0);
    figures.timeoutsPerS = pools.timeoutsPerS;
    figures.replicasReporting = pools.replicasReporting;
  }
  if (server.link !== 'none' && server.reading.known) {
    figures.serverUsed = server.reading.usedConnections;
    figures.serverMax = server.reading.maxConnections;
    figures.serverReserved = server.reading.reservedConnections;
  }
  return Object.fromEntries(Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== null));
}

function evidenceOf(pools: PoolReading, server: ServerView, ctx: ReadContext): string[] {
  const queries = [...pools.queries, ...(server.link === 'none' ? [] : server.reading.queries)];
  return queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? []);
}
