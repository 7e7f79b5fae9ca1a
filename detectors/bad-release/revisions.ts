import type { Subject } from '../../src/domain/subject.ts';
import type { ReadContext } from '../../src/plugin/context.ts';
import type { Points, ServedByPod } from '../../src/workload-metrics/index.ts';
import { addInto, named, otelNamed, readSeries } from '../../src/workload-metrics/index.ts';

/** One revision of a workload, by the pods that ran it. */
export interface Revision {
  /** Hash of the pod template. */
  readonly hash: string;
  /** When the first of its pods was seen, and the last (Unix ms). */
  readonly from: number;
  readonly until: number;
  readonly total: Points;
  readonly failed: Points;
  readonly seconds: Points;
}

const HASH_LABELS = ['pod-template-hash', 'controller-revision-hash'] as const;

/** The revision of a pod: of one that lives by its label, of one that is gone by its name (a StatefulSet gives every revision the same names). */
export function hashOf(pod: string, subject: Subject, live: ReadonlyMap<string, string>): string | null {
  const known = live.get(pod);
  if (known !== undefined) return known;
  if (subject.kind === 'StatefulSet' || !pod.startsWith(`${subject.name}-`)) return null;
  const [hash, random] = pod.slice(subject.name.length + 1).split('-');
  return hash !== undefined && random !== undefined ? hash : null;
}

export function liveHashes(
  subject: Subject,
  cluster: Pick<ReadContext['cluster'], 'podsOf'>,
): ReadonlyMap<string, string> {
  return new Map(
    cluster.podsOf(subject).flatMap((pod) => {
      const hash = HASH_LABELS.map((label) => pod.labels[label]).find((value) => value !== undefined);
      return hash === undefined ? [] : [[pod.name, hash] as const];
    }),
  );
}

/** Revisions by when they began, oldest first. */
export function revisionsOf(
  pods: readonly ServedByPod[],
  subject: Subject,
  live: ReadonlyMap<string, string>,
): readonly Revision[] {
  const revisions = new Map<string, Revision>();
  for (const one of pods) {
    const hash = hashOf(one.pod, subject, live);
    if (hash === null || one.total.size === 0) continue;
    const moments = [...one.total.keys()];
    const [from, until] = [Math.min(...moments), Math.max(...moments)];
    const held = revisions.get(hash);
    const revision: Revision = {
      hash,
      from: Math.min(from, held?.from ?? from),
      until: Math.max(until, held?.until ?? until),
      total: held?.total ?? new Map(),
      failed: held?.failed ?? new Map(),
      seconds: held?.seconds ?? new Map(),
    };
    addInto(revision.total, one.total);
    addInto(revision.failed, one.failed);
    addInto(revision.seconds, one.seconds);
    revisions.set(hash, revision);
  }
  return [...revisions.values()].toSorted((a, b) => a.from - b.from);
}

/** kube-state-metrics; OpenTelemetry's resource attributes are labels only where they are promoted. */
const IMAGE_NAMINGS = [
  ...named('image', ['kube_pod_container_info']),
  ...otelNamed('image', ['k8s_container_ready']),
] as const;
const IMAGE_LABELS = ['image_spec', 'image', 'container_image_name'] as const;

/** Images by revision and container: which pods ran what, over the last `backMs`. One query. */
export async function readImages(
  subject: Subject,
  backMs: number,
  live: ReadonlyMap<string, string>,
  ctx: Pick<ReadContext, 'metrics' | 'now'>,
): Promise<{ readonly images: ReadonlyMap<string, ReadonlyMap<string, string>>; readonly query: string }> {
  const window = { backMs, stepMs: 60_000, by: [...IMAGE_LABELS, 'container_image_tag'] };
  const { query, series } = await readSeries(subject, IMAGE_NAMINGS, window, ctx);
  const images = new Map<string, Map<string, string>>();
  for (const { pod, container, labels } of series) {
    const hash = hashOf(pod, subject, live);
    const image = IMAGE_LABELS.map((label) => labels[label]).find((value) => value !== undefined && value !== '');
    if (hash === null || image === undefined) continue;
    const tagged = labels.container_image_tag ? `${image}:${labels.container_image_tag}` : image;
    const held = images.get(hash) ?? new Map<string, string>();
    held.set(container, tagged);
    images.set(hash, held);
  }
  return { images, query };
}

/** `image orders:2.3.9 -> orders:2.4.0`, for each container whose image differs. */
export function changedImages(
  before: ReadonlyMap<string, string> | undefined,
  after: ReadonlyMap<string, string> | undefined,
): readonly string[] {
  return [...(after ?? [])].flatMap(([container, image]) => {
    const old = before?.get(container);
    return old === undefined || old === image
      ? []
      : [`image ${old} -> ${image}${after?.size === 1 ? '' : ` in ${container}`}`];
  });
}
