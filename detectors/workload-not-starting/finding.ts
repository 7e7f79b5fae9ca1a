import { commandText } from '../../src/domain/command-text.ts';
import type { Finding } from '../../src/domain/finding.ts';
import { subjectName } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { WorkloadView } from '../../src/ports/cluster.ts';
import type { LatestChange } from '../../src/workload-traces/index.ts';
import { latestChange } from '../../src/workload-traces/index.ts';
import type { Because } from './because.ts';
import type { StuckPod } from './judge.ts';

/** Controllers take a while from a change to the first pod of it. */
const CHANGED_BEFORE_MS = 60 * 60_000;

/** One finding for a workload: its surest pod, what changed before it, and the command. */
export async function findingOf(
  workload: WorkloadView,
  seen: { readonly stuck: readonly StuckPod[]; readonly because: Because; readonly queries: readonly string[] },
  ctx: ReadContext,
): Promise<Finding> {
  const { subject } = workload;
  const { stuck, because, queries } = seen;
  const [worst] = stuck;
  const { reason = '', pod = '' } = worst ?? {};
  const text = because.text ?? worst?.text ?? '';
  const images = workload.containers.map(({ name, image }) => ({ name, image }));
  const kept = ctx.keep({
    kind: 'cluster-object',
    source: 'kubernetes',
    title: `${subjectName(subject)}: ${workload.readyReplicas} of ${workload.replicas ?? 'all'} ready`,
    query: `${subject.kind} ${subject.namespace}/${subject.name}, its pods and their Events`,
    body: { replicas: workload.replicas, readyReplicas: workload.readyReplicas, images, stuck, ...because.read },
  });
  const latest = await latestChange(workload, ctx);
  const told = reason.includes('Image') ? `${text} (${images.map(({ image }) => image).join(', ')})` : text;
  return {
    id: ctx.newId(),
    detector: 'workload-not-starting',
    reason: 'workload-not-starting',
    subject,
    confidence: because.confidence ?? worst?.confidence ?? 0,
    summary: `${subjectName(subject)}: ${reason === 'FailedCreate' ? '' : `${stuck.length} pods do not start, ${pod}: `}${reason}, ${told}`,
    figures: {
      podsStuck: stuck.filter((one) => one.pod !== '').length,
      readyReplicas: workload.readyReplicas,
      ...(workload.replicas === null ? {} : { replicas: workload.replicas }),
    },
    evidence: [kept, ...queries.flatMap((query) => ctx.metrics.evidenceOf(query) ?? [])],
    ...(latest !== null && isNewerThanPods(latest, stuck, workload, ctx) ? { change: latest.change } : {}),
    mend: mendText(workload, because.mend, pod, latest),
  };
}

/** A change from long before the stuck pods came does not explain them. */
function isNewerThanPods(
  { change }: LatestChange,
  stuck: readonly StuckPod[],
  { subject }: WorkloadView,
  ctx: Pick<ReadContext, 'cluster'>,
): boolean {
  if (change.at === null) return true;
  const names = new Set(stuck.map(({ pod }) => pod));
  const born = ctx.cluster
    .podsOf(subject)
    .flatMap((pod) => (names.has(pod.name) && pod.createdAt > 0 ? [pod.createdAt] : []));
  return born.length === 0 || change.at >= Math.min(...born) - CHANGED_BEFORE_MS;
}

function mendText(workload: WorkloadView, own: string | null, pod: string, latest: LatestChange | null): string {
  const { kind, namespace, name } = workload.subject;
  const describe =
    pod === ''
      ? commandText('kubectl', '-n', namespace, 'describe', 'replicasets,quota')
      : commandText('kubectl', '-n', namespace, 'describe', 'pod', pod);
  const to = latest?.before ? [`--to-revision=${latest.before.revision}`] : [];
  const undo = commandText('kubectl', '-n', namespace, 'rollout', 'undo', `${kind.toLowerCase()}/${name}`, ...to);
  const canUndo = kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet';
  return [own ?? describe, ...(canUndo ? [`${undo}  # when it is a new revision`] : [])].join('\n');
}
