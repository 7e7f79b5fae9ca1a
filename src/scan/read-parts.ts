import { isHaleError } from '../domain/errors.ts';
import { escapeRegex, placeOf, promqlString, workloadNamedBy } from '../domain/workload-series.ts';
import type { ClusterReader, WorkloadView } from '../ports/cluster.ts';
import type { InstantSample, MetricsReader } from '../ports/metrics.ts';
import { createCallEnds } from '../topology/index.ts';
import type { PartsTable } from './parts-table.ts';
import type { ScanQuery } from './queries.ts';

export type ScanCluster = Pick<ClusterReader, 'workloadOfPod' | 'workload' | 'workloads' | 'podsOf' | 'services'>;

export interface PartsRead {
  /** Questions that were not answered, or only in part, with the reason. */
  readonly left: readonly { readonly query: ScanQuery; readonly why: 'too-many-series' | 'not-answered' }[];
  readonly queries: number;
}

/** How often an answer that is too large is split by namespaces. */
const MAX_SPLITS = 6;

/** Asks all questions, one after the other, and adds the answers up in a table for each workload that the cluster knows. */
export async function readParts(
  queries: readonly ScanQuery[],
  table: PartsTable,
  deps: {
    readonly metrics: Pick<MetricsReader, 'instant'>;
    readonly cluster: ScanCluster;
    readonly at: number;
    readonly maxSeries: number;
    readonly signal: AbortSignal;
  },
): Promise<PartsRead> {
  const atAddress = addressBook(deps.cluster);
  const atName = nameBook(deps.cluster);
  const left: { query: ScanQuery; why: 'too-many-series' | 'not-answered' }[] = [];
  let asked = 0;
  table.begin();

  async function ask(query: ScanQuery, namespaces: readonly string[] | null, depth: number): Promise<void> {
    try {
      asked += 1;
      const text = query.text(namespaces === null ? '' : scopeOf(query, namespaces));
      const take = (sample: InstantSample): void => add(query, sample);
      const limits = { maxSeries: deps.maxSeries, signal: deps.signal };
      const { series } = await deps.metrics.instant(text, deps.at, { ...limits, take });
      for (const sample of series) take(sample);
      table.keep(query);
    } catch (error) {
      table.drop();
      if (!isHaleError(error)) throw error;
      const all = namespaces ?? namespacesOf(deps.cluster);
      if (error.code !== 'metrics-limit' || query.namespaceLabel === null || all.length < 2 || depth >= MAX_SPLITS) {
        left.push({ query, why: error.code === 'metrics-limit' ? 'too-many-series' : 'not-answered' });
        return;
      }
      const half = Math.ceil(all.length / 2);
      await ask(query, all.slice(0, half), depth + 1);
      await ask(query, all.slice(half), depth + 1);
    }
  }

  function add(query: ScanQuery, { labels, value }: InstantSample): void {
    if (!Number.isFinite(value)) return;
    const part = query.partOf(labels);
    const workload = part === null ? null : workloadOf(query, labels, deps.cluster, { atAddress, atName });
    if (part !== null && workload !== null) table.add(query, workload, part, value);
  }

  for (const query of queries) await ask(query, null, 0);
  return { left, queries: asked };
}

type AddressBook = (namespace: string, address: string) => WorkloadView | null;

/** Of one scan: a proxy names the same few Services in every series. */
function addressBook(cluster: ScanCluster): AddressBook {
  const ends = createCallEnds(cluster);
  const known = new Map<string, WorkloadView | null>();
  return (namespace, address) => {
    const key = `${namespace}/${address}`;
    if (known.has(key)) return known.get(key) ?? null;
    const found = ends.atAddress(`${address}.${namespace}`, namespace)?.[0] ?? null;
    known.set(key, found);
    return found;
  };
}

type NameBook = (name: string) => WorkloadView | null;

/** Of one scan: the workload of that name, where no other has it. */
function nameBook(cluster: ScanCluster): NameBook {
  let byName: Map<string, WorkloadView | null> | null = null;
  return (name) => {
    if (byName === null) {
      byName = new Map();
      for (const one of cluster.workloads()) byName.set(one.subject.name, byName.has(one.subject.name) ? null : one);
    }
    return byName.get(name) ?? null;
  };
}

function scopeOf(query: ScanQuery, namespaces: readonly string[]): string {
  return `,${query.namespaceLabel}=~${promqlString(namespaces.map(escapeRegex).join('|'))}`;
}

function namespacesOf(cluster: Pick<ClusterReader, 'workloads'>): readonly string[] {
  return [...new Set(cluster.workloads().map(({ subject }) => subject.namespace))].sort();
}

type Labels = Readonly<Record<string, string>>;

function workloadOf(
  { placedBy, addressesIn, namedIn }: ScanQuery,
  labels: Labels,
  cluster: Pick<ClusterReader, 'workloadOfPod' | 'workload'>,
  { atAddress, atName }: { readonly atAddress: AddressBook; readonly atName: NameBook },
): WorkloadView | null {
  if (namedIn !== undefined)
    return atName(namedIn.map((label) => labels[label] ?? '').find((name) => name !== '') ?? '');
  if (addressesIn !== undefined) {
    for (const { namespace, address } of addressesIn(labels)) {
      const found = atAddress(namespace, address);
      if (found !== null) return found;
    }
    return null;
  }
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
