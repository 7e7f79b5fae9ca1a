import type { Labels } from '../tsdb/labels.ts';
import { dropMetricName, labelsKey, METRIC_NAME, makeLabels, onlyLabels, withoutLabels } from '../tsdb/labels.ts';
import type { Grouping } from './ast.ts';
import { PromqlError } from './error.ts';
import { formatValue } from './literals.ts';
import { extreme, mean, quantile, sum, variance } from './range-functions.ts';
import type { Element } from './vector.ts';

interface Group {
  labels: Labels;
  elements: Element[];
}

const REDUCERS: Readonly<Record<string, (values: readonly number[]) => number>> = {
  sum,
  avg: mean,
  min: (values) => extreme(values, (a, b) => a < b),
  max: (values) => extreme(values, (a, b) => a > b),
  count: (values) => values.length,
  group: () => 1,
  stddev: (values) => Math.sqrt(variance(values)),
  stdvar: variance,
};

/** An aggregation operator over an instant vector. `param` is the number or text that topk, quantile and others need. */
export function aggregate(
  op: string,
  elements: readonly Element[],
  grouping: Grouping,
  param: number | string | undefined,
): Element[] {
  const groups = groupElements(elements, grouping);
  const reduce = REDUCERS[op];
  if (reduce !== undefined) {
    return groups.map(({ labels, elements }) => ({ labels, value: reduce(elements.map((one) => one.value)) }));
  }
  switch (op) {
    case 'quantile':
      return groups.map(({ labels, elements }) => ({
        labels,
        value: quantile(
          Number(param),
          elements.map((one) => one.value),
        ),
      }));
    case 'topk':
      return groups.flatMap((group) => pickBest(group, Number(param), (a, b) => b - a));
    case 'bottomk':
      return groups.flatMap((group) => pickBest(group, Number(param), (a, b) => a - b));
    case 'count_values':
      return groups.flatMap((group) => countValues(group, String(param)));
    default:
      throw new PromqlError('bad_data', `parse error: unknown aggregation "${op}"`);
  }
}

function groupElements(elements: readonly Element[], grouping: Grouping): Group[] {
  const names = new Set(grouping.without ? [...grouping.labels, METRIC_NAME] : grouping.labels);
  const groups = new Map<string, Group>();
  for (const element of elements) {
    const labels = grouping.without ? withoutLabels(element.labels, names) : onlyLabels(element.labels, names);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, elements: [element] });
    else group.elements.push(element);
  }
  return [...groups.values()];
}

function pickBest({ elements }: Group, wanted: number, compare: (a: number, b: number) => number): Element[] {
  if (Number.isNaN(wanted)) throw new PromqlError('execution', 'Parameter value is NaN');
  const sorted = [...elements].sort((a, b) => {
    if (Number.isNaN(a.value)) return Number.isNaN(b.value) ? 0 : 1;
    return Number.isNaN(b.value) ? -1 : compare(a.value, b.value);
  });
  return sorted.slice(0, Math.max(0, Math.trunc(wanted)));
}

function countValues({ labels, elements }: Group, label: string): Element[] {
  const counts = new Map<string, number>();
  for (const { value } of elements) counts.set(formatValue(value), (counts.get(formatValue(value)) ?? 0) + 1);
  return [...counts].map(([text, value]) => ({
    labels: dropMetricName(makeLabels([...Object.entries(labels).filter(([name]) => name !== label), [label, text]])),
    value,
  }));
}
