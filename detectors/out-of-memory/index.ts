import { commandText } from '../../src/domain/command-text.ts';
import type { Change, Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { PodView, WorkloadView } from '../../src/ports/cluster.ts';
import type { ContainerEnds } from '../../src/workload-metrics/index.ts';
import { ifReadable, readPodEnds } from '../../src/workload-metrics/index.ts';
import { latestChange } from '../../src/workload-traces/index.ts';
import { OutOfMemoryConfig } from './schema.ts';

/** Memory takes its time to fill. */
const CHANGED_BEFORE_MS = 60 * 60_000;

export const outOfMemory = defineDetector<OutOfMemoryConfig>({
  id: 'out-of-memory',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: OutOfMemoryConfig,
  async detect(incident, config, ctx) {
    // Kubernetes alone shows it: without metrics there are only fewer callees.
    const asked = ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const { subject } = workload;
      const pods = ctx.cluster.podsOf(subject);
      const { ends, query } = await readPodEnds(subject, pods, config.within, ctx);
      const killed = ends.flatMap((one) => {
        const kills = killsOf(one);
        return kills === null ? [] : [{ ...one, kills }];
      });
      const [worst] = killed.toSorted((a, b) => b.kills - a.kills);
      if (worst === undefined) continue;
      const kills = killed.reduce((total, one) => total + one.kills, 0);
      const limit = worst.memoryLimitBytes;
      const latest = await latestChange(workload, ctx);
      const change = latest && isRecent(latest.change, config, ctx) ? latest.change : null;
      findings.push({
        id: ctx.newId(),
        detector: 'out-of-memory',
        reason: 'out-of-memory',
        subject,
        confidence: kills >= 2 ? 0.95 : 0.8,
        summary: `${subjectName(subject)}: ${kills} OOM kills in ${Math.round(config.within / 60_000)} minutes${limit === null ? '' : ` at a limit of ${mebibytes(limit)} MiB`}; container ${worst.container || 'unknown'} of ${worst.pod}`,
        figures: {
          kills,
          podsAffected: new Set(killed.map(({ pod }) => pod)).size,
          ...(limit === null ? {} : { limitBytes: limit }),
        },
        evidence: [
          ...(query === null ? [] : [ctx.metrics.evidenceOf(query) ?? []].flat()),
          keepPods(subject, pods, ctx),
        ],
        ...(change ? { change } : {}),
        ...raise(workload, worst.container, limit),
      });
    }
    // Nothing here, and whom it calls is not known: then it could not look.
    if (findings.length === 0) await asked;
    return findings;
  },
});

/** A change from before what is looked at did not do it. */
function isRecent({ at }: Change, { within }: OutOfMemoryConfig, { now }: Pick<ReadContext, 'now'>): boolean {
  return at === null || at >= now() - within - CHANGED_BEFORE_MS;
}

/** Half as much again: enough to tell whether the load needs it or something grows without end. */
function raise({ subject, containers }: WorkloadView, container: string, limit: number | null): { mend?: string } {
  if (limit === null || !containers.some(({ name }) => name === container)) return {};
  const { kind, namespace, name } = subject;
  const words = ['kubectl', '-n', namespace, 'set', 'resources', `${kind.toLowerCase()}/${name}`, '-c', container];
  return { mend: commandText(...words, `--limits=memory=${Math.ceil((limit * 1.5) / 1_048_576)}Mi`) };
}

/** What Kubernetes keeps of the containers that are in trouble. */
function keepPods(subject: Subject, pods: readonly PodView[], ctx: Pick<ReadContext, 'keep'>): string {
  const troubles = pods.flatMap(({ name, troubles: own }) => own.map((trouble) => ({ pod: name, ...trouble })));
  const title = `containers in trouble: ${troubles.length}`;
  return ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title,
    query: `pods of ${subjectName(subject)}`,
    body: troubles,
  });
}

/**
 * The kernel's count, or restarts after an end as OOMKilled. That reason stays for ever, so it counts only with a restart within the window.
 * A kill of a child process counts for the kernel and restarts nothing: the container did lose work.
 */
function killsOf({ oomKills, restarts, lastReason }: ContainerEnds): number | null {
  if (lastReason === 'OOMKilled' && restarts > 0) return Math.max(restarts, oomKills ?? 0);
  return oomKills !== null && oomKills > 0 ? oomKills : null;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}
