import type { Labels } from '../tsdb/labels.ts';
import { labelsKey, METRIC_NAME, makeLabels, onlyLabels, withoutLabels } from '../tsdb/labels.ts';
import type { Binary, Matching } from './ast.ts';
import { COMPARISONS } from './ast.ts';
import { PromqlError } from './error.ts';
import type { Element, Value } from './vector.ts';

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  // IEEE 754 and Go answer 1 for pow(1, NaN) and pow(+-1, Inf), where JavaScript answers NaN.
  '^': (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b),
  atan2: Math.atan2,
};

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '>=': (a, b) => a >= b,
  '<=': (a, b) => a <= b,
};

type Outcome = { value: number; keep: boolean };

/** One pair of numbers. Without `bool` a comparison filters and answers the left number. */
function compute(op: string, a: number, b: number, bool: boolean): Outcome {
  const arithmetic = ARITHMETIC[op];
  if (arithmetic !== undefined) return { value: arithmetic(a, b), keep: true };
  const compare = COMPARE[op];
  if (compare === undefined) throw new PromqlError('bad_data', `parse error: unknown operator "${op}"`);
  const holds = compare(a, b);
  return bool ? { value: Number(holds), keep: true } : { value: a, keep: holds };
}

export function evaluateBinary(expr: Binary, left: Value, right: Value): Value {
  const { op, bool } = expr;
  if (left.type === 'scalar' && right.type === 'scalar') {
    return { type: 'scalar', value: compute(op, left.value, right.value, bool).value };
  }
  if (left.type === 'vector' && right.type === 'vector') {
    const keyOf = createKey(expr.matching);
    switch (op) {
      case 'and':
      case 'unless': {
        const present = new Set(right.elements.map((one) => keyOf(one.labels)));
        const wanted = op === 'and';
        return { type: 'vector', elements: left.elements.filter((one) => present.has(keyOf(one.labels)) === wanted) };
      }
      case 'or': {
        const present = new Set(left.elements.map((one) => keyOf(one.labels)));
        const added = right.elements.filter((one) => !present.has(keyOf(one.labels)));
        return { type: 'vector', elements: [...left.elements, ...added] };
      }
      default:
        return { type: 'vector', elements: joinVectors(expr, left.elements, right.elements, keyOf) };
    }
  }
  if (left.type === 'vector' && right.type === 'scalar') return withScalar(expr, left.elements, right.value, false);
  if (left.type === 'scalar' && right.type === 'vector') return withScalar(expr, right.elements, left.value, true);
  throw new PromqlError('bad_data', 'parse error: binary expression must contain only scalar and instant vector types');
}

function withScalar(expr: Binary, elements: readonly Element[], scalar: number, scalarLeft: boolean): Value {
  const { op, bool } = expr;
  const result: Element[] = [];
  for (const element of elements) {
    const [a, b] = scalarLeft ? [scalar, element.value] : [element.value, scalar];
    const { value, keep } = compute(op, a, b, bool);
    if (!keep) continue;
    const isFilter = COMPARISONS.has(op) && !bool;
    result.push({
      labels: isFilter ? element.labels : withoutLabels(element.labels, NAME_ONLY),
      // A filter always answers the vector's own number, whichever side it stands on.
      value: isFilter ? element.value : value,
    });
  }
  return { type: 'vector', elements: result };
}

const NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

function createKey(matching: Matching): (labels: Labels) => string {
  const names = new Set(matching.on ? matching.labels : [...matching.labels, METRIC_NAME]);
  return matching.on
    ? (labels) => labelsKey(onlyLabels(labels, names))
    : (labels) => labelsKey(withoutLabels(labels, names));
}

function joinVectors(
  expr: Binary,
  left: readonly Element[],
  right: readonly Element[],
  keyOf: (labels: Labels) => string,
): Element[] {
  const { matching, op, bool } = expr;
  const swapped = matching.card === 'one-to-many';
  const [many, one] = swapped ? [right, left] : [left, right];
  const oneByKey = new Map<string, Element>();
  for (const element of one) {
    const key = keyOf(element.labels);
    if (oneByKey.has(key)) {
      throw new PromqlError(
        'execution',
        `found duplicate series for the match group ${describe(onlyMatched(element.labels, matching))} on the ${swapped ? 'left' : 'right'} hand-side of the operation: [${describe(element.labels)}, ${describe((oneByKey.get(key) as Element).labels)}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
    oneByKey.set(key, element);
  }
  const result: Element[] = [];
  const matched = new Set<string>();
  for (const element of many) {
    const key = keyOf(element.labels);
    const partner = oneByKey.get(key);
    if (partner === undefined) continue;
    const [a, b] = swapped ? [partner.value, element.value] : [element.value, partner.value];
    const { value, keep } = compute(op, a, b, bool);
    if (!keep) continue;
    const labels = resultLabels(expr, element.labels, partner.labels);
    const resultKey = matching.card === 'one-to-one' ? key : labelsKey(labels);
    if (matched.has(resultKey)) {
      throw new PromqlError(
        'execution',
        matching.card === 'one-to-one'
          ? 'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)'
          : 'multiple matches for labels: grouping labels must ensure unique matches',
      );
    }
    matched.add(resultKey);
    result.push({ labels, value });
  }
  return result;
}

function onlyMatched(labels: Labels, { on, labels: names }: Matching): Labels {
  return on ? onlyLabels(labels, new Set(names)) : withoutLabels(labels, new Set([...names, METRIC_NAME]));
}

function resultLabels({ op, bool, matching }: Binary, many: Labels, one: Labels): Labels {
  const keepsName = COMPARISONS.has(op) && !bool;
  let labels = keepsName ? many : withoutLabels(many, NAME_ONLY);
  if (matching.card === 'one-to-one') {
    const names = new Set(matching.labels);
    labels = matching.on ? onlyLabels(labels, names) : withoutLabels(labels, names);
  }
  if (matching.include.length === 0) return labels;
  const included = new Set(matching.include);
  return makeLabels([
    ...Object.entries(labels).filter(([name]) => !included.has(name)),
    ...matching.include.map((name): [string, string] => [name, one[name] ?? '']),
  ]);
}

function describe(labels: Labels): string {
  return `{${Object.entries(labels)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;
}
