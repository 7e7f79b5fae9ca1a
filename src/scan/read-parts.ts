import { isHaleError } from '../domain/errors.ts';
import { escapeRegex, placeOf, promqlString, workloadNamedBy } from '../domain/workload-series.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { InstantSample, MetricsReader } from '../ports/metrics.ts';
import type { Part, Parts } from './indicators.ts';
import type { ScanQuery } from './queries.ts';

export interface PartsRead {
  /** By the subject's UID. */
  readonly workloads: ReadonlyMap<string, { readonly workload: WorkloadView; readonly parts: Parts }>;
  /** Questions that were not answered, or only in part, with the reason. */
  readonly left: readonly { readonly query: ScanQuery; readonly why: 'too-many-series' | 'not-answered' }[];
  readonly queries: number;
}

/** How often an answer that is too large is split by namespaces. */
const MAX_SPLITS = 6;

/** Asks all questions, one after the other, and adds the answers up for each workload that the cluster knows. */
export async function readParts(
  queries: readonly ScanQuery[],
  deps: {
    readonly metrics: Pick<MetricsReader, 'instant'>;
    readonly cluster: Pick<ClusterReader, 'workloadOfPod' | 'workload' | 'workloads'>;
    readonly at: number;
    readonly maxSeries: number;
    readonly signal: AbortSignal;
  },
): Promise<PartsRead> {
  const workloads = new Map<string, { workload: WorkloadView; parts: Parts }>();
  const left: { query: ScanQuery; why: 'too-many-series' | 'not-answered' }[] = [];
  let asked = 0;

  async function ask(query: ScanQuery, namespaces: readonly string[] | null, depth: number): Promise<void> {
    try {
      asked += 1;
      const text = query.text(namespaces === null ? '' : scopeOf(query, namespaces));
      const own: Totals = new Map();
      const take = (sample: InstantSample): void => add(query, sample, own);
      const limits = { maxSeries: deps.maxSeries, signal: deps.signal };
      const { series } = await deps.metrics.instant(text, deps.at, { ...limits, take });
      for (const sample of series) take(sample);
      // Only an answer that was read to its end counts: half of one would be a fall.
      for (const [workload, parts] of own) merge(query, workload, parts);
    } catch (error) {
      if (!isHaleError(error)) throw error;
      const all = namespaces ?? namespacesOf(deps.cluster);
      if (error.code !== 'metrics-limit' || all.length < 2 || depth >= MAX_SPLITS) {
        left.push({ query, why: error.code === 'metrics-limit' ? 'too-many-series' : 'not-answered' });
        return;
      }
      const half = Math.ceil(all.length / 2);
      await ask(query, all.slice(0, half), depth + 1);
      await ask(query, all.slice(half), depth + 1);
    }
  }

  function add(query: ScanQuery, { labels, value }: InstantSample, own: Totals): void {
    if (!Number.isFinite(value)) return;
    const part = query.partOf(labels);
    const workload = part === null ? null : workloadOf(query, labels, deps.cluster);
    if (part === null || workload === null) return;
    const parts = own.get(workload) ?? {};
    parts[part] = together(query, parts[part], value);
    own.set(workload, parts);
  }

  function merge(query: ScanQuery, workload: WorkloadView, parts: Parts): void {
    const { uid } = workload.subject;
    const entry = workloads.get(uid) ?? { workload, parts: {} };
    for (const [part, value] of Object.entries(parts) as [Part, number][])
      entry.parts[part] = together(query, entry.parts[part], value);
    workloads.set(uid, entry);
  }

  for (const query of queries) await ask(query, null, 0);
  return { workloads, left, queries: asked };
}

type Totals = Map<WorkloadView, Parts>;

function together({ add }: ScanQuery, before: number | undefined, value: number): number {
  if (before === undefined) return value;
  return add === 'sum' ? before + value : Math.max(before, value);
}

function scopeOf(query: ScanQuery, namespaces: readonly string[]): string {
  return `,${query.namespaceLabel}=~${promqlString(namespaces.map(escapeRegex).join('|'))}`;
}

function namespacesOf(cluster: Pick<ClusterReader, 'workloads'>): readonly string[] {
  return [...new Set(cluster.workloads().map(({ subject }) => subject.namespace))].sort();
}

type Labels = Readonly<Record<string, string>>;

function workloadOf(
  { placedBy }: ScanQuery,
  labels: Labels,
  cluster: Pick<ClusterReader, 'workloadOfPod' | 'workload'>,
): WorkloadView | null {
  if (placedBy !== undefined) return workloadOfMesh(placedBy, labels, cluster);
  const place = placeOf(labels);
  if (place !== null) return cluster.workloadOfPod(place.namespace, place.pod);
  const named = workloadNamedBy(labels);
  return named === null ? null : cluster.workload(named);
}

/** Meshes name the workload; where they do not say its kind, it is looked for under each. */
function workloadOfMesh(
  { namespace, kinds }: NonNullable<ScanQuery['placedBy']>,
  labels: Labels,
  cluster: Pick<ClusterReader, 'workload'>,
): WorkloadView | null {
  for (const [kind, label] of Object.entries(kinds)) {
    const name = labels[label] ?? '';
    if (name === '') continue;
    for (const one of kind === '' ? ['Deployment', 'StatefulSet', 'DaemonSet'] : [kind]) {
      const found = cluster.workload({ namespace: labels[namespace] ?? '', kind: one, name });
      if (found !== null) return found;
    }
  }
  return null;
}
