import type { IndicatorSeries } from '../../diagnosis/index.ts';
import type { Subject } from '../../domain/subject.ts';
import { isSeriesOf } from '../../domain/workload-series.ts';
import type { RangeSeries } from '../../ports/metrics.ts';
import { isFailure, OWN_FAMILIES } from '../../workload-metrics/index.ts';

type Values = Map<number, number>;

/** What the requests of one workload say: mean latency in seconds, failures in percent, requests per second. */
export function requestIndicators(
  subject: Subject,
  answer: readonly RangeSeries[],
  evidence: string,
): IndicatorSeries[] {
  const own = answer.filter(({ labels }) => isSeriesOf(subject, labels));
  const families = Map.groupBy(own, ({ labels }) => (labels.__name__ ?? '').replace(/_(sum|count)$/, ''));
  // One request is counted under several names only where two libraries measure: the busier one speaks.
  const best = [...families]
    .map(([name, series]) => ({ name, ...totals(series) }))
    .toSorted((a, b) => latest(b.count) - latest(a.count))[0];
  if (best === undefined || best.count.size === 0) return [];
  const perSecond = OWN_FAMILIES.find(({ name }) => name === best.name)?.unitsPerSecond ?? 1;
  const { sum, count, failed } = best;
  return [
    shown('latency', 'latency', evidence, ratio(sum, count, 1 / perSecond)),
    shown('errors', 'failures', evidence, ratio(failed, count, 100)),
    shown('traffic', 'requests', evidence, count),
  ].filter(({ points }) => points.length > 0);
}

/** Cores and bytes of one workload. */
export function resourceIndicators(
  subject: Subject,
  answer: readonly RangeSeries[],
  evidence: string,
): IndicatorSeries[] {
  const own = answer.filter(({ labels }) => isSeriesOf(subject, labels));
  const named = (pattern: RegExp) => own.filter(({ labels }) => pattern.test(nameOf(labels)));
  return [
    shown('cpu', 'CPU', evidence, added(named(/cpu/).map(rates))),
    shown('memory', 'memory', evidence, added(named(/memory/).map(({ points }) => finite(points)))),
  ].filter(({ points }) => points.length > 0);
}

function totals(series: readonly RangeSeries[]): { sum: Values; count: Values; failed: Values } {
  const of = (ending: string) => series.filter(({ labels }) => nameOf(labels).endsWith(ending));
  const counts = of('_count');
  return {
    sum: added(of('_sum').map(rates)),
    count: added(counts.map(rates)),
    failed: added(counts.filter(({ labels }) => isFailure(labels)).map(rates)),
  };
}

function nameOf(labels: Readonly<Record<string, string>>): string {
  return (labels.__name__ ?? '').replaceAll('.', '_');
}

/** Growth per second between each two points; a fall is a restart from zero. */
function rates({ points }: RangeSeries): Values {
  const grown: Values = new Map();
  const known = points.filter(({ value }) => Number.isFinite(value));
  for (const [index, { at, value }] of known.entries()) {
    const before = known[index - 1];
    if (before === undefined || at <= before.at) continue;
    grown.set(at, (value >= before.value ? value - before.value : value) / ((at - before.at) / 1000));
  }
  return grown;
}

function finite(points: RangeSeries['points']): Values {
  return new Map(points.filter(({ value }) => Number.isFinite(value)).map(({ at, value }) => [at, value]));
}

function added(all: readonly Values[]): Values {
  const sum: Values = new Map();
  for (const [at, value] of all.flatMap((values) => [...values])) sum.set(at, (sum.get(at) ?? 0) + value);
  return sum;
}

/** No requests = no ratio: an idle moment is neither fast nor without failures. */
function ratio(part: Values, whole: Values, scale: number): Values {
  const shares: Values = new Map();
  for (const [at, value] of whole) if (value > 0) shares.set(at, ((part.get(at) ?? 0) / value) * scale);
  return shares;
}

function latest(values: Values): number {
  return [...values.values()].at(-1) ?? 0;
}

const UNITS: Partial<Record<IndicatorSeries['indicator'], string>> = {
  latency: ' s',
  errors: ' %',
  traffic: '/s',
  cpu: ' cores',
  memory: ' bytes',
};

function shown(
  indicator: IndicatorSeries['indicator'],
  label: string,
  evidence: string,
  values: Values,
): IndicatorSeries {
  const unit = UNITS[indicator];
  const points = [...values].map(([at, value]) => ({ at, value })).toSorted((a, b) => a.at - b.at);
  return { indicator, label, points, evidence, ...(unit ? { unit } : {}) };
}
