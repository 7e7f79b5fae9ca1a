import type { Subject } from '../domain/subject.ts';
import { isSeriesOf, PLACE_LABEL_NAMES, placeOf, promqlString, workloadMatchers } from '../domain/workload-series.ts';
import type { RecordedMetrics } from '../plugin/context.ts';
import type { Points } from './time-points.ts';
import { finitePoints, maxInto, wholeSecond } from './time-points.ts';

/** One metric name that is understood: what it says, and what one of its unit is in base units (seconds, bytes, cores, 0..1). */
export interface Naming<R extends string> {
  readonly name: string;
  readonly role: R;
  readonly scale: number;
  /** Prometheus may keep the dots of an OpenTelemetry name. */
  readonly dotted: boolean;
}

/** Names that are written in one way only. */
export function named<R extends string>(role: R, names: readonly string[], scale = 1): readonly Naming<R>[] {
  return names.map((name) => ({ name, role, scale, dotted: false }));
}

/** Names of OpenTelemetry, written with underscores here. */
export function otelNamed<R extends string>(role: R, names: readonly string[], scale = 1): readonly Naming<R>[] {
  return names.map((name) => ({ name, role, scale, dotted: true }));
}

/** One series of a workload; points in base units. */
export interface WorkloadSeries<R extends string> {
  readonly role: R;
  /** The metric name, with underscores. */
  readonly name: string;
  readonly pod: string;
  /** '' where the series does not tell. */
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: Points;
}

export interface SeriesWindow {
  readonly backMs: number;
  readonly stepMs: number;
  /** Labels that tell series apart, beyond pod and container. */
  readonly by?: readonly string[];
  /** Adds up series that differ in other labels (operations, routes) instead of taking the larger one. What is scraped twice counts twice then. */
  readonly summed?: boolean;
  /** Matchers that hold for every series, like `resource="cpu"`; PromQL text of our own, never of the cluster. */
  readonly only?: string;
}

export interface SeriesContext {
  readonly metrics: Pick<RecordedMetrics, 'range'>;
  now(): number;
}

const CONTAINER_LABELS = [
  'container',
  'k8s_container_name',
  'exported_container',
  'kubernetes_container_name',
] as const;

/**
 * Reads all series of a workload under the given names, whatever way they are labelled, in one range query that ends now. What two jobs
 * scrape counts once: the larger value of each moment. Errors of the metrics reader pass through.
 */
export async function readSeries<R extends string>(
  subject: Subject,
  namings: readonly Naming<R>[],
  window: SeriesWindow,
  ctx: SeriesContext,
): Promise<{ readonly query: string; readonly series: readonly WorkloadSeries<R>[]; readonly at: number }> {
  const at = wholeSecond(ctx.now());
  const query = seriesQuery(subject, namings, window);
  const answer = await ctx.metrics.range(query, at - window.backMs, at, window.stepMs);
  const byName = new Map(namings.map((naming) => [naming.name, naming]));
  const order = new Map(namings.map((naming, index) => [naming.name, index]));
  const series = answer.series.flatMap((one): WorkloadSeries<R>[] => {
    const { labels } = one;
    const naming = byName.get((labels.__name__ ?? '').replaceAll('.', '_'));
    if (naming === undefined || !isSeriesOf(subject, labels)) return [];
    const points = finitePoints(one);
    if (points.size === 0) return [];
    const scaled =
      naming.scale === 1 ? points : new Map([...points].map(([when, value]) => [when, value * naming.scale]));
    const container = CONTAINER_LABELS.map((label) => labels[label]).find((name) => name) ?? '';
    return [
      { role: naming.role, name: naming.name, pod: placeOf(labels)?.pod ?? '', container, labels, points: scaled },
    ];
  });
  const ranked = withoutSums(series).toSorted((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  return { query, series: ranked, at };
}

/** cAdvisor has a series without a container for the whole pod beside those of its containers. */
function withoutSums<R extends string>(series: readonly WorkloadSeries<R>[]): readonly WorkloadSeries<R>[] {
  const split = new Set(series.filter((one) => one.container !== '').map((one) => `${one.name} ${one.pod}`));
  return series.filter((one) => one.container !== '' || !split.has(`${one.name} ${one.pod}`));
}

function seriesQuery(subject: Subject, namings: readonly Naming<string>[], window: SeriesWindow): string {
  const names = namings.map(({ name, dotted }) => (dotted ? name.replaceAll('_', '[._]') : name)).join('|');
  const keep = ['__name__', ...PLACE_LABEL_NAMES, ...CONTAINER_LABELS, ...(window.by ?? [])].join(', ');
  // The pause container and the sum over a pod's cgroup are no containers of the workload.
  const inside = [`__name__=~${promqlString(names)}`, 'container!="POD"', ...(window.only ? [window.only] : [])];
  return workloadMatchers([subject])
    .map((place) => `${window.summed ? 'sum' : 'max'} by (${keep}) ({${[...inside, place].join(',')}})`)
    .join('\nor ');
}

/** Series of one role, by container of a pod. Of several names for it the first counts; series of one name are one thing scraped twice. */
export function byContainer<R extends string>(
  series: readonly WorkloadSeries<R>[],
  role: R,
): ReadonlyMap<string, WorkloadSeries<R>> {
  const found = new Map<string, WorkloadSeries<R>>();
  for (const one of series) {
    if (one.role !== role) continue;
    const key = `${one.pod}/${one.container}`;
    const held = found.get(key);
    if (held === undefined) found.set(key, { ...one, points: new Map(one.points) });
    else if (held.name === one.name) maxInto(held.points, one.points);
  }
  return found;
}
