import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import type { Subject } from '../../src/domain/subject.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import { defineDetector } from '../../src/plugin/detector.ts';
import type { PodView } from '../../src/ports/cluster.ts';
import type { ContainerEnds } from '../../src/workload-metrics/index.ts';
import { ifReadable, readPodEnds } from '../../src/workload-metrics/index.ts';
import type { LatestChange } from '../../src/workload-traces/index.ts';
import { keepPreviousLog, latestChange } from '../../src/workload-traces/index.ts';
import { CrashLoopConfig } from './schema.ts';

/** A loop takes a while to be seen as one, and an alert for it as well. */
const CHANGED_BEFORE_MS = 30 * 60_000;
/** Ends of a container that never ran: workload-not-starting tells them. */
const NEVER_RAN: ReadonlySet<string> = new Set(['StartError', 'ContainerCannotRun']);

export const crashLoop = defineDetector<CrashLoopConfig>({
  id: 'crash-loop',
  needs: [],
  listensTo: ['alert', 'scan', 'recurrence'],
  config: CrashLoopConfig,
  async detect(incident, config, ctx) {
    // Kubernetes alone shows it: without metrics there are only fewer callees.
    const asked = ctx.topology.calleesOf(incident.workload, config.depth);
    const callees = (await ifReadable(asked)) ?? [];
    const findings: Finding[] = [];
    for (const workload of [incident.workload, ...callees].slice(0, config.maxWorkloads)) {
      const { subject } = workload;
      const pods = ctx.cluster.podsOf(subject);
      const { ends, query } = await readPodEnds(subject, pods, config.within, ctx);
      const looping = ends.filter((one) => isLooping(one, config)).toSorted((a, b) => b.restarts - a.restarts);
      const [worst] = looping;
      if (worst === undefined) continue;
      const podsKnown = new Set(ends.map(({ pod }) => pod)).size;
      const podsAffected = new Set(looping.map(({ pod }) => pod)).size;
      const exitCode = worst.exitCode === null ? {} : { exitCode: worst.exitCode };
      const pod = { namespace: subject.namespace, name: worst.pod, container: worst.container };
      const log = worst.container === '' ? null : await keepPreviousLog(pod, ctx);
      const latest = await latestChange(workload, ctx);
      const change = latest && isRecent(latest, config, ctx) ? latest : null;
      findings.push({
        id: ctx.newId(),
        detector: 'crash-loop',
        reason: 'crash-looping',
        subject,
        confidence: worst.waitingReason === 'CrashLoopBackOff' ? 0.9 : 0.85,
        summary: `${subjectName(subject)}: container ${worst.container || 'unknown'} ${endText(worst)}, ${worst.restarts} restarts in ${Math.round(config.within / 60_000)} minutes; ${podsAffected} of ${podsKnown} pods`,
        figures: { restarts: worst.restarts, pods: podsKnown, podsAffected, ...exitCode },
        evidence: [
          ...(query === null ? [] : [ctx.metrics.evidenceOf(query) ?? []].flat()),
          keepPods(subject, pods, ctx),
          ...(log === null ? [] : [log]),
        ],
        ...(change ? { change: change.change } : {}),
        mend: mendText(subject, worst, change),
      });
    }
    // Nothing here, and whom it calls is not known: then it could not look.
    if (findings.length === 0) await asked;
    return findings;
  },
});

/** A template that is older than what is looked at did not begin the loop; one of an unknown age may have. */
function isRecent({ change }: LatestChange, { within }: CrashLoopConfig, { now }: Pick<ReadContext, 'now'>): boolean {
  return change.at === null || change.at >= now() - within - CHANGED_BEFORE_MS;
}

function mendText(
  { kind, namespace, name }: Subject,
  { pod, container }: ContainerEnds,
  change: LatestChange | null,
): string {
  const only = container ? ['-c', container] : [];
  const logs = commandText('kubectl', '-n', namespace, 'logs', pod, ...only, '--previous', '--tail=100');
  if (!change?.before) return logs;
  const to = `--to-revision=${change.before.revision}`;
  return `${logs}\n${commandText('kubectl', '-n', namespace, 'rollout', 'undo', `${kind.toLowerCase()}/${name}`, to)}`;
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

/** Ended by itself again and again. One that ran out of memory is told as that; one that completed and starts again has done its work. */
function isLooping({ restarts, lastReason, waitingReason, oomKills }: ContainerEnds, config: CrashLoopConfig): boolean {
  if (lastReason === 'OOMKilled' || (oomKills ?? 0) > 0 || NEVER_RAN.has(lastReason ?? '')) return false;
  if (restarts >= config.minRestarts) return true;
  return waitingReason === 'CrashLoopBackOff' && restarts >= 1;
}

/** What the exit code says by convention: 128 + signal; 134 is an abort, as of V8 without memory; 137 a kill, 139 a bad address, 143 a polite stop. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'ends with success, which restarts it',
  126: 'cannot run its command (exit code 126)',
  127: 'does not find its command (exit code 127)',
  134: 'aborts (exit code 134; V8 does so without memory)',
  137: 'is killed (exit code 137; by a probe, or from outside)',
  139: 'hits a bad address (exit code 139)',
  143: 'is stopped (exit code 143; by a liveness probe?)',
};

function endText({ exitCode, lastReason }: ContainerEnds): string {
  if (exitCode !== null) return EXIT_CODES[exitCode] ?? `ends with exit code ${exitCode}`;
  return lastReason === null ? 'ends by itself' : `ends as ${lastReason}`;
}
