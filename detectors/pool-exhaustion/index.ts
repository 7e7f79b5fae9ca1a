import type { PoolReading, ServerReading } from '../../src/connections/index.ts';
import { readDatabaseServer, readPools } from '../../src/connections/index.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { ServerView } from './judge.ts';
import { judge } from './judge.ts';
import { PoolExhaustionConfig } from './schema.ts';

export const poolExhaustion = defineDetector<PoolExhaustionConfig>({
  id: 'pool-exhaustion',
  needs: [],
  listensTo: ['alert', 'recurrence'],
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
      if (judgement === null) continue;
      const { subject } = workload;
      findings.push({
        id: ctx.newId(),
        detector: 'pool-exhaustion',
        reason: judgement.reason,
        subject,
        confidence: judgement.confidence,
        summary: `${subjectName(subject)}: ${judgement.because.join('; ')}`,
        figures: figuresOf(pools, server),
        evidence: evidenceOf(pools, server, ctx),
      });
    }
    return findings;
  },
});

/** The database behind a workload: the one declared to be used by it, else the only one that is known. Each server is read once. */
async function serverOf(
  workload: WorkloadView,
  pools: PoolReading,
  config: PoolExhaustionConfig,
  readings: Map<string, Promise<ServerReading>>,
  ctx: ReadContext,
): Promise<ServerView> {
  const { databases } = config;
  const declared = databases.filter((database) =>
    database.usedBy?.some((user) => user === nameOf(workload.subject) || user === `${workload.subject.namespace}/*`),
  );
  const open = databases.filter((database) => database.usedBy === undefined);
  const isOnly = databases.length === 1 && open.length === 1;
  const [database] = declared.length === 1 ? declared : isOnly ? open : [];
  if (database === undefined) return { link: 'none', why: whyNone(databases.length, declared.length) };
  // Without pools and refusals there is nothing that an assumed server could explain: it need not be asked.
  if (declared.length === 0 && !pools.known && pools.refusedPerS === null) {
    return { link: 'none', why: 'no sign that it uses a database' };
  }
  const reading = readings.get(database.name) ?? readDatabaseServer(database, ctx);
  readings.set(database.name, reading);
  return { link: declared.length === 1 ? 'declared' : 'assumed', database: database.name, reading: await reading };
}

function nameOf(subject: Subject): string {
  return `${subject.namespace}/${subject.name}`;
}

function whyNone(known: number, declared: number): string {
  if (known === 0) return 'the database server is not known: name it under databases';
  if (declared > 1) return 'it uses several databases, so none can be held against the pool';
  return 'which of the known databases it uses is not declared: name it under usedBy';
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
